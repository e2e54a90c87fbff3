"""Public keys of EC2 Instance Connect in the database."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.connect_keys import ConnectKey
from kumoniwa.store.prepared import Prepared, unindexed
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.columns import Moment
from kumoniwa.store.tables.connect_keys import connect_keys

_IN_FORCE = Prepared(
    select(connect_keys)
    .where(
        connect_keys.c.instance_id == bindparam("instance"),
        unindexed(connect_keys.c.valid_until) > bindparam("now", type_=Moment()),
    )
    .order_by(connect_keys.c.valid_until, connect_keys.c.id)
)
_OLD = Prepared(
    select(connect_keys.c.id).where(connect_keys.c.valid_until < bindparam("before")).limit(bindparam("at_most"))
)
_FORGOTTEN = Prepared(delete(connect_keys).where(connect_keys.c.id == bindparam("id")))


def add(connection: Connection, key: ConnectKey) -> None:
    """Write a key that was just sent."""
    insert(connection, connect_keys, key)


def in_force(connection: Connection, instance_id: str, now: datetime) -> list[ConnectKey]:
    """The keys that an instance's guest admits now, the oldest first."""
    return _IN_FORCE.values(ConnectKey, connection, instance=instance_id, now=now)


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of those that were over before then; gives how many there were."""
    old = _OLD.scalars(connection, before=before, at_most=at_most)
    for key_id in old:
        _FORGOTTEN.run(connection, id=key_id)
    return len(old)
