"""CloudTrail's events in the database, in the order of their calls."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Connection, String, bindparam, delete, func, select

from kumoniwa.model.scope import Scope
from kumoniwa.model.trail_events import TrailEvent, id_at
from kumoniwa.store.prepared import PlaceOf, Prepared
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.trail_events import trail_events

AT_ONCE = 200
MOST = 50_000
"""Events that are kept: some 60 MB of the database."""

_COLUMNS = trail_events.c
_LAST_ID = (1 << 63) - 1
_OLDEST = Prepared(
    select(_COLUMNS.id).where(_COLUMNS.id < bindparam("before")).order_by(_COLUMNS.id).limit(bindparam("at_most"))
)
_LAST_OF_KEY = Prepared(
    select(trail_events)
    .where(_COLUMNS.account == bindparam("of_account"), _COLUMNS.access_key == bindparam("of_key"))
    .order_by(_COLUMNS.id.desc())
    .limit(1)
)
_COUNTED = Prepared(select(func.count()).select_from(trail_events))
_FORGOTTEN = Prepared(delete(trail_events).where(_COLUMNS.id <= bindparam("last")))

COMPARED = ("action", "service", "username", "access_key", "is_read", "id")
"""The columns that a lookup may compare."""
MENTIONED = "mentioned"
"""That parameters or answer have a text somewhere: whether it is a resource's name is for the reader to see."""


def add(connection: Connection, *events: TrailEvent) -> None:
    """Write events."""
    insert(connection, trail_events, *events)


def newest_first(
    connection: Connection, scope: Scope, since: int, until: int, compared: dict[str, object]
) -> Iterator[TrailEvent]:
    """The events of an account in a region from the id `since` on and before `until`, the newest first; those alone
    whose columns are as `compared`. They are read some at a time."""
    reading = _reading(tuple(compared))
    asked = {"of_account": scope.account, "of_region": scope.region, "since": since}
    while found := reading.values(TrailEvent, connection, **asked, until=until, **_given(compared)):
        yield from found
        until = found[-1].id


def last_of_key(connection: Connection, account: str, access_key: str) -> TrailEvent | None:
    """The newest event of a call that this key signed, in any region. It may read through all events."""
    return next(iter(_LAST_OF_KEY.values(TrailEvent, connection, of_account=account, of_key=access_key)), None)


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the events from before then, the oldest first."""
    return _forget(connection, id_at(before), at_most)


def count(connection: Connection) -> int:
    """How many events are kept. It reads through all of them."""
    counted: int = _COUNTED.scalar(connection)
    return counted


def forget_oldest(connection: Connection, at_most: int) -> int:
    """Forget so many events, the oldest first, however old they are."""
    return _forget(connection, _LAST_ID, at_most)


def _forget(connection: Connection, before: int, at_most: int) -> int:
    old = _OLDEST.scalars(connection, before=before, at_most=at_most)
    return _FORGOTTEN.run(connection, last=old[-1]) if old else 0


@cache
def _reading(names: tuple[str, ...]) -> Prepared:
    met: list[ColumnElement[bool]] = []
    for name in names:
        if name == MENTIONED:
            text = func.coalesce(_COLUMNS.parameters, "").op("||")(func.coalesce(_COLUMNS.answer, ""))
            met.append(PlaceOf(text, bindparam("of_mentioned", type_=String())) > 0)
        else:
            met.append(_COLUMNS[name] == bindparam(f"of_{name}", type_=_COLUMNS[name].type))
    return Prepared(
        select(trail_events)
        .where(
            _COLUMNS.id >= bindparam("since"),
            _COLUMNS.id < bindparam("until"),
            _COLUMNS.account == bindparam("of_account"),
            _COLUMNS.region == bindparam("of_region"),
            *met,
        )
        .order_by(_COLUMNS.id.desc())
        .limit(AT_ONCE)
    )


def _given(compared: dict[str, object]) -> dict[str, object]:
    return {f"of_{name}": value for name, value in compared.items()}
