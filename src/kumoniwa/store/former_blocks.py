"""Blocks of addresses that were taken from VPCs and subnets, in the database."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.scope import Scope
from kumoniwa.model.vpcs import FormerBlock
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.vpcs import former_blocks

_IN_SCOPE = InScope(FormerBlock, former_blocks, former_blocks.c.taken_at, former_blocks.c.id)
_OLD = Prepared(
    select(former_blocks.c.id).where(former_blocks.c.taken_at < bindparam("before")).limit(bindparam("at_most"))
)
_FORGOTTEN = Prepared(delete(former_blocks).where(former_blocks.c.id == bindparam("id")))


def add(connection: Connection, block: FormerBlock) -> None:
    """Write a block that was just taken from its VPC or subnet."""
    insert(connection, former_blocks, block)


def in_scope(connection: Connection, scope: Scope) -> list[FormerBlock]:
    """Those of an account in a region, in the order in which they were taken."""
    return _IN_SCOPE.of(connection, scope)


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of those that were taken before then; gives how many there were."""
    old = _OLD.scalars(connection, before=before, at_most=at_most)
    for block_id in old:
        _FORGOTTEN.run(connection, id=block_id)
    return len(old)
