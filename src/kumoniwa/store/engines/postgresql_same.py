"""That a connection that is made again has the same state as the one before.

A name may lead to another server by then, and a standby that took over may not have had the last migration.
"""

import psycopg

from kumoniwa.store.engines.postgresql_driver import Driver
from kumoniwa.store.engines.postgresql_session import NotYet

_State = tuple[object, ...]
_STATE = "SELECT cloud, version_num FROM cloud_state, alembic_version"


class SameState:
    """Whose state a server has opened, and of which schema, once it is known."""

    def __init__(self) -> None:
        self._opened: _State | None = None

    def opened(self, driver: Driver) -> None:
        """What is in the database now is what later connections must have."""
        self._opened = _state(driver)

    def check(self, driver: Driver) -> None:
        """Raises `NotYet` where something else is in the database that was reached now."""
        if self._opened is not None and _state(driver) != self._opened:
            raise NotYet("the database that is reached now does not have this cloud's state")


def _state(driver: Driver) -> _State | None:
    try:
        row: _State | None = driver.execute(_STATE).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        return None
    return row
