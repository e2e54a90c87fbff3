"""The volume a call names: found, or refused in EC2's words."""

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import VOLUME
from kumoniwa.model.volumes import Volume
from kumoniwa.store import volumes


def volume_named(connection: Connection, call: Call, volume_id: str) -> Volume:
    """The volume of this id in the caller's account and region."""
    VOLUME.check_form([volume_id])
    found = volumes.in_scope(connection, call.scope, [volume_id])
    if not found:
        raise VOLUME.not_found([volume_id])
    return found[0]
