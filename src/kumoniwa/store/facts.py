"""What is true of the whole cloud, decided once."""

from typing import Any

from sqlalchemy import Connection, bindparam, select

from kumoniwa.store.prepared import Prepared
from kumoniwa.store.tables import facts

_VALUE = Prepared(select(facts.c.value).where(facts.c.name == bindparam("name")))


def get(connection: Connection, name: str) -> Any:
    """A fact, or None where it was never set."""
    return _VALUE.scalar(connection, name=name)


def put(connection: Connection, name: str, value: Any) -> None:
    """Set a fact for the first time."""
    connection.execute(facts.insert().values(name=name, value=value))
