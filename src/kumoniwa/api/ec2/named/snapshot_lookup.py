"""The snapshot a call names: found, or refused in EC2's words."""

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.store import snapshots


def snapshot_named(connection: Connection, call: Call, snapshot_id: str) -> Snapshot:
    """The caller's snapshot of this id. Raises EC2's refusals."""
    SNAPSHOT.check_form([snapshot_id])
    found = snapshots.in_scope(connection, call.scope, [snapshot_id])
    if not found:
        raise SNAPSHOT.not_found([snapshot_id])
    return found[0]
