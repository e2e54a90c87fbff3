"""What is true of the whole cloud, decided once."""

from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.store.prepared import Prepared
from kumoniwa.store.tables.cloud import facts

_VALUE = Prepared(select(facts.c.value).where(facts.c.name == bindparam("name")), kept=True)


def get(connection: Connection, name: str) -> Any:
    """A fact, or None where it was never set."""
    return _VALUE.scalar(connection, name=name)


def put(connection: Connection, name: str, value: Any) -> None:
    """Set a fact for the first time."""
    connection.execute(facts.insert().values(name=name, value=value))


_FORGOTTEN = Prepared(delete(facts).where(facts.c.name == bindparam("name")))


def change(connection: Connection, name: str, value: Any) -> None:
    """Set a fact, whether or not it was set before."""
    _FORGOTTEN.run(connection, name=name)
    put(connection, name, value)
