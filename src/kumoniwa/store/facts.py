"""What is true of the whole cloud, decided once."""

from typing import Any

from sqlalchemy import Connection, select

from kumoniwa.store.tables import facts


def get(connection: Connection, name: str) -> Any:
    """A fact, or None where it was never set."""
    return connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar()


def put(connection: Connection, name: str, value: Any) -> None:
    """Set a fact for the first time."""
    connection.execute(facts.insert().values(name=name, value=value))
