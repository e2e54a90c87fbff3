"""Flow logs in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.flow_logs import FlowLog
from kumoniwa.model.scope import Scope
from kumoniwa.store import tags
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.flow_logs import flow_logs

_IN_SCOPE = InScope(FlowLog, flow_logs, flow_logs.c.id)
_OF = Prepared(select(flow_logs).where(flow_logs.c.resource_id == bindparam("resource")))
_DELETED = Prepared(delete(flow_logs).where(flow_logs.c.id == bindparam("id")))


def add(connection: Connection, flow_log: FlowLog) -> None:
    """Write a new flow log."""
    insert(connection, flow_logs, flow_log)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[FlowLog]:
    """The flow logs of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


def of_resource(connection: Connection, resource_id: str) -> list[FlowLog]:
    """The flow logs of a VPC, a subnet or a network interface."""
    return _OF.values(FlowLog, connection, resource=resource_id)


def remove(connection: Connection, flow_log_id: str) -> None:
    """Delete a flow log, with its tags."""
    tags.remove_all(connection, flow_log_id)
    _DELETED.run(connection, id=flow_log_id)
