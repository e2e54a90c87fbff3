"""Which resources a listing shows, and in which order, as the database itself decides: filters, order and pages.

A resource that declares a `Selection` is listed without rows being read that are not shown: the database walks an index
in the listing's order and gives what passes the filters. What those filters compare is declared by filter name; a name
that is not declared is left to who asks. Texts are compared as they stand, case and all.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    Integer,
    String,
    Table,
    bindparam,
    case,
    cast,
    false,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.sql.selectable import FromClause

from kumoniwa.model.scope import Scope
from kumoniwa.store.prepared import Prepared, among, listed, unindexed
from kumoniwa.store.tables.columns import Moment
from kumoniwa.store.tables.tags import tags
from kumoniwa.values import dataclass

FEW = 500
"""Where so few resources match a filter on other rows, they are looked up by their ids. Where more do, the listing is
walked in its order instead."""
CHUNK = 500
"""So many rows are handed on at a time, where nothing else is said: all are wanted."""

_IN_TURN = 4  # filters at most: a look at other rows for each of many resources is dear
_SHAPES = 500  # of statements, that are kept
_MOST_KEPT = 10  # filters of a statement that is kept: each takes some 10 kB
_DIGITS = 16  # of a moment in microseconds, until the year 2286
_ORDINAL = re.compile(r"[0-9]{1,18}")


class NoKey(Exception):
    """A text that is no resource's key."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What a filter asks for: any of these texts, or any that one of the patterns fits.

    In a pattern `*` stands for any text, `?` for one character, and `[x]` for the character x.
    """

    literal: Sequence[str] = ()
    patterns: Sequence[str] = ()

    @property
    def form(self) -> "_Form":
        """What a statement must have places for."""
        return min(len(self.literal), 2), min(len(self.patterns), 2)

    def given(self, name: str) -> dict[str, str]:
        """What is given to the statement that has places for them."""
        several, many = len(self.literal) > 1, len(self.patterns) > 1
        return {
            name: listed(self.literal) if several else self.literal[0] if self.literal else "",
            f"{name}_like": listed(self.patterns) if many else self.patterns[0] if self.patterns else "",
        }


_Form = tuple[int, int]
"""Whether a filter asks for no text (0), one (1) or several (2), and for no pattern, one or several."""


@dataclasses.dataclass(frozen=True, eq=False)
class OfRow:
    """A filter that compares what stands in the resource's own row."""

    text: ColumnElement[Any]


@dataclasses.dataclass(frozen=True, eq=False)
class OfOthers:
    """A filter that compares what stands in other rows, which name the resource they belong to."""

    owner: "Column[Any]"
    text: ColumnElement[Any]
    among: FromClause | None = None
    """Where both are: the owner's table, if nothing is said."""
    also: Sequence[ColumnElement[bool]] = ()
    """What else must hold."""
    keyed: "Column[Any] | None" = None
    """What must be the second half of the filter's name."""
    scoped: Table | None = None
    """Which table has an index that begins with the scope. Where none has, there is an index of the text: it leads to
    the rows of a text, and to none of a pattern's."""
    by_text: bool = False
    """Whether they are always found by their text: those of a union are not found by what owns them."""


Comparison = OfRow | OfOthers


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter of a request that the database compares."""

    comparison: Comparison
    texts: Texts
    key: str = ""


def text(column: "Column[Any]") -> OfRow:
    """Compares a column of text, or of words."""
    return OfRow(type_coerce(column, String))


def number(column: "Column[Any]") -> OfRow:
    """Compares a column of whole numbers, as they are written in digits."""
    return OfRow(cast(column, String))


def boolean(column: "Column[bool]", true: str = "true", false: str = "false") -> OfRow:
    """Compares a column that is true or false, as these words."""
    return OfRow(case((column, true), else_=false))


def words(column: "Column[Any]", shown: Mapping[str, str]) -> OfRow:
    """Compares a column of words by what is shown for each."""
    bare = type_coerce(column, String)
    return OfRow(case(*((bare == word, other) for word, other in shown.items())))


def other_text(owner: "Column[Any]", column: "Column[Any]", **options: Any) -> OfOthers:
    """Compares a column of text, or of words, in rows that name the resource they belong to (`owner`)."""
    return OfOthers(owner, type_coerce(column, String), **options)


def other_boolean(owner: "Column[Any]", column: "Column[bool]", **options: Any) -> OfOthers:
    """Compares a column that is true or false, in rows that name the resource they belong to (`owner`)."""
    return OfOthers(owner, case((column, "true"), else_="false"), **options)


@dataclasses.dataclass(frozen=True, eq=False)
class Selection:
    """How the resources in a table are selected for a listing."""

    table: Table
    order: Sequence["Column[Any]"]
    """What they are ordered by: together unique, of what does not change, and without spaces but for the last. An
    index has them behind the scope."""
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    """By filter name, those filters that the database compares."""
    resource_type: str = ""
    """As which type tags name them; empty where they have no tags."""
    columns: Sequence[ColumnElement[Any]] = ()
    """What is read of each: its id, where nothing is said."""
    where: Sequence[ColumnElement[bool]] = ()
    """What holds of all that the listing shows."""
    _tagged: Mapping[str, Comparison] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        both = {"also": [tags.c.resource_type == self.resource_type], "scoped": tags}
        tagged = {
            "tag": other_text(tags.c.resource_id, tags.c.value, keyed=tags.c.key, **both),
            "tag-key": other_text(tags.c.resource_id, tags.c.key, **both),
            "tag-value": other_text(tags.c.resource_id, tags.c.value, **both),
        }
        object.__setattr__(self, "_tagged", tagged if self.resource_type else {})

    def condition(self, name: str, texts: Texts) -> Condition | None:
        """A filter of this name as the database compares it; None where it does not."""
        if (known := self.comparisons.get(name)) is not None:
            by_text_alone = isinstance(known, OfOthers) and known.scoped is None
            return None if by_text_alone and texts.patterns else Condition(known, texts)
        kind, colon, key = name.partition(":")
        if bool(colon) != bool(key) or bool(key) != (kind == "tag") or kind not in self._tagged:
            return None
        return Condition(self._tagged[kind], texts, key)

    def key(self, value: Any) -> str:
        """The key of a resource, given its frozen value: its place in the listing."""
        return " ".join(_written(getattr(value, column.name), column) for column in self.order)

    def chunks(
        self,
        connection: Connection,
        scope: Scope,
        asked: Sequence[Condition],
        *,
        after: str | None = None,
        at_once: int = CHUNK,
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """`columns` of the resources of a scope that pass all filters, in the listing's order, `at_once` at a time.

        Only of those `after` this key, which raises `NoKey` where it is none. What is not taken is not read.
        """
        given: dict[str, Any] = {"account": scope.account, "region": scope.region}
        if after is not None:
            given |= {f"after{place}": part for place, part in enumerate(self._read(after))}
        shape: list[tuple[Comparison, _Form]] = []
        few: set[str] | None = None
        for each in asked:
            matching = None if isinstance(each.comparison, OfRow) else _few(connection, given, each, few)
            if matching is None:
                given |= each.texts.given(f"f{len(shape)}") | {f"f{len(shape)}_key": each.key}
                shape.append((each.comparison, each.texts.form))
            else:
                few = matching
        if few is not None:
            given["few"] = listed(few)
        if few is None or few:
            in_turn = at_once < CHUNK and len(shape) <= _IN_TURN
            prepared = _listing if len(shape) <= _MOST_KEPT else _listing.__wrapped__
            listing = prepared(self, tuple(shape), after is not None, few is not None, in_turn)
            yield from listing.chunks(connection, at_once, **given)

    def _read(self, key: str) -> list[str | int]:
        parts = key.split(" ", len(self.order) - 1)
        if len(parts) != len(self.order):
            raise NoKey
        return [_part(part, column) for part, column in zip(parts, self.order, strict=True)]


def _few(
    connection: Connection, given: Mapping[str, Any], condition: Condition, few: set[str] | None
) -> set[str] | None:
    """The ids of the resources that meet the condition, and that are among `few`: None where they are too many."""
    assert isinstance(condition.comparison, OfOthers)
    matches = _matches(condition.comparison, condition.texts.form, few is not None)
    own = {**condition.texts.given("f"), "f_key": condition.key, "few": listed(few or ()), "at_most": FEW + 1}
    found = matches.scalars(connection, **given, **own)
    return None if len(found) > FEW else {each for each in found if each is not None}


@lru_cache(_SHAPES)
def _listing(
    selection: Selection, shape: tuple[tuple[Comparison, _Form], ...], goes_on: bool, are_few: bool, in_turn: bool
) -> Prepared:
    """`in_turn`: each resource that comes is asked whether it is one of many, instead of finding all of them first."""
    table, order = selection.table.c, selection.order
    loose = unindexed if are_few else _as_it_is
    query = select(*(selection.columns or [table.id])).where(*selection.where, *_in_scope(selection.table, are_few))
    if are_few:
        query = query.where(among(table.id, "few"))
    for place, (comparison, form) in enumerate(shape):
        if isinstance(comparison, OfRow):
            query = query.where(_fits(loose(comparison.text), form, f"f{place}"))
        else:
            owners = _owners(comparison, form, f"f{place}", known=in_turn)
            if in_turn:
                query = query.where(owners.where(comparison.owner == table.id).correlate(selection.table).exists())
            else:
                query = query.where(loose(table.id).in_(owners))
    if goes_on:
        places = [bindparam(f"after{place}", type_=_raw(column).type) for place, column in enumerate(order)]
        query = query.where(tuple_(*(loose(_raw(column)) for column in order)) > tuple_(*places))
    return Prepared(query.order_by(*order))


@lru_cache(_SHAPES)
def _matches(comparison: OfOthers, form: _Form, are_few: bool) -> Prepared:
    led = are_few and not comparison.by_text
    query = _owners(comparison, form, "f", known=led).distinct().limit(bindparam("at_most", type_=Integer))
    return Prepared(query.where(among(comparison.owner, "few")) if are_few else query)


def _owners(comparison: OfOthers, form: _Form, name: str, *, known: bool) -> Any:
    """The ids of the resources whose other rows meet a condition; `known`: where something else leads to them."""
    owner, scoped = comparison.owner, comparison.scoped
    loose = unindexed if known else _as_it_is
    query = select(owner).select_from(owner.table if comparison.among is None else comparison.among)
    query = query.where(*_in_scope(owner.table if scoped is None else scoped, known or scoped is None))
    if comparison.keyed is not None:
        query = query.where(loose(comparison.keyed) == bindparam(f"{name}_key", type_=String()))
    return query.where(*comparison.also, _fits(loose(comparison.text), form, name))


def _in_scope(table: Any, loosely: bool) -> list[ColumnElement[bool]]:
    if "account" not in table.c:
        return []
    loose = unindexed if loosely else _as_it_is
    return [loose(table.c[name]) == bindparam(name, type_=String()) for name in ("account", "region")]


def _fits(compared: ColumnElement[Any], form: _Form, name: str) -> ColumnElement[bool]:
    """The condition that a text is among those asked for. No NULL is."""
    texts, patterns = form
    met: list[ColumnElement[bool]] = []
    if texts:
        one = compared == bindparam(name, type_=String())
        met.append(one if texts == 1 else among(compared, name))
    if patterns:
        met.append((Fits if patterns == 1 else FitsAny)(compared, f"{name}_like"))
    return or_(*met) if met else false()


class Fits(ColumnElement[bool]):
    """Whether a pattern that is given as a parameter fits a text."""

    inherit_cache = False

    def __init__(self, compared: ColumnElement[Any], name: str) -> None:
        self.compared = compared
        self.pattern: BindParameter[Any] = bindparam(name, type_=String())


@compiles(Fits, "sqlite")
def _fits_on_sqlite(element: Fits, compiler: Any, **options: Any) -> str:
    compared, pattern = compiler.process(element.compared, **options), compiler.process(element.pattern, **options)
    return f"({compared} GLOB {pattern})"


class FitsAny(ColumnElement[bool]):
    """Whether a pattern of a list that is given as one parameter fits a text."""

    inherit_cache = False

    def __init__(self, compared: ColumnElement[Any], name: str) -> None:
        self.compared = compared
        self.patterns: BindParameter[Any] = bindparam(name)


@compiles(FitsAny, "sqlite")
def _fits_any_on_sqlite(element: FitsAny, compiler: Any, **options: Any) -> str:
    compared, patterns = compiler.process(element.compared, **options), compiler.process(element.patterns, **options)
    return f"EXISTS (SELECT 1 FROM json_each({patterns}) WHERE {compared} GLOB value)"


def _as_it_is(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return value


def _raw(column: "Column[Any]") -> ColumnElement[Any]:
    """A column as the database keeps it."""
    return type_coerce(column, BigInteger) if isinstance(column.type, Moment) else column


def _part(written: str, column: "Column[Any]") -> str | int:
    if isinstance(column.type, String):
        return written
    if _ORDINAL.fullmatch(written) is None:
        raise NoKey
    return int(written)


def _written(value: Any, column: "Column[Any]") -> str:
    if isinstance(column.type, Moment):
        return f"{column.type.process_bind_param(value, Dialect()):0{_DIGITS}}"
    return f"{value:04}" if isinstance(value, int) else str(value)
