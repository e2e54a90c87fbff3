"""What every table is made of.

A column is named as the field of the value it keeps, so that rows and values need no mapping between. Moments are kept
as whole microseconds since 1970 (UTC), words on the wire as text.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Index,
    MetaData,
    String,
    Table,
    text,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _number(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def _moment(number: int | None) -> datetime | None:
    return None if number is None else _EPOCH + timedelta(microseconds=number)


def _text(word: StrEnum | None) -> str | None:
    return None if word is None else str(word)


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return _number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return _moment(value)

    # Half of what a row costs is its conversion: what SQLAlchemy would put around these is left out.

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:
        return _number

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:
        return _moment


class Word(TypeDecorator[StrEnum]):
    """A word of a closed vocabulary, kept as text."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return _text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[StrEnum | None], str | None]:
        return _text

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], StrEnum | None]:
        known: dict[str | None, StrEnum | None] = {None: None, **{str(word): word for word in self.words}}
        return known.__getitem__


metadata = MetaData()


def table(name: str, *parts: SchemaItem) -> Table:
    """A table of this database."""
    return Table(name, metadata, *parts)


def index_of_some(name: str, *columns: str, where: str) -> Index:
    """An index of those rows of a table that meet a condition, which every engine understands.

    What is written for PostgreSQL takes it from `info`: to name that dialect here would load all of it at each start.
    """
    return Index(name, *columns, sqlite_where=text(where), info={"where": where})


def scope_columns() -> tuple[Column[str], Column[str]]:
    """Whose a resource is, and in which region."""
    return Column("account", String, nullable=False), Column("region", String, nullable=False)
