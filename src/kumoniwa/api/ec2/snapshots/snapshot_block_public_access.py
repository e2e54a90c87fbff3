"""EnableSnapshotBlockPublicAccess, DisableSnapshotBlockPublicAccess and GetSnapshotBlockPublicAccessState."""

from collections.abc import Collection

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, OperationNotPermitted
from kumoniwa.model.account_settings import Setting
from kumoniwa.model.scope import Scope
from kumoniwa.store import account_settings

EVERYONE = "all"
_UNBLOCKED = "unblocked"
_MISSING = "There is one account: that snapshots which everybody may use are for nobody meanwhile has no effect."


@action("EnableSnapshotBlockPublicAccess", depth=Depth.PARTLY, missing=_MISSING)
async def enable_snapshot_block_public_access(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let no snapshot of the account be shared with everybody in this region."""
    if (state := parameters["State"]) == _UNBLOCKED:
        raise Ec2Error(
            "InvalidRequest",
            f"Value '{_UNBLOCKED}' for State is not valid. Valid values are 'block-all-sharing' and "
            "'block-new-sharing'.",
        )
    return await _decide(cloud, call, state)


@action("DisableSnapshotBlockPublicAccess", depth=Depth.PARTLY, missing=_MISSING)
async def disable_snapshot_block_public_access(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let snapshots be shared with everybody."""
    return await _decide(cloud, call, _UNBLOCKED)


@action("GetSnapshotBlockPublicAccessState", depth=Depth.PARTLY, missing=_MISSING)
async def get_snapshot_block_public_access_state(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whether snapshots may be shared with everybody."""
    state = await cloud.read(lambda connection: _state(connection, call.scope))
    return {"State": state, "ManagedBy": "account"}


def check_sharing(connection: Connection, scope: Scope, added: Collection[str]) -> None:
    """Raises EC2's refusal to share a snapshot with everybody, where that is blocked."""
    if EVERYONE in added and _state(connection, scope) != _UNBLOCKED:
        raise OperationNotPermitted(
            "You can't publicly share this snapshot because block public access for snapshots is enabled for this "
            "account. To publicly share the snapshot, you must call the DisableSnapshotBlockPublicAccess API."
        )


def _state(connection: Connection, scope: Scope) -> str:
    return account_settings.get(connection, scope, Setting.SNAPSHOT_BLOCK_PUBLIC_ACCESS) or _UNBLOCKED


async def _decide(cloud: Cloud, call: Call, state: str) -> Answer:
    def decide(connection: Connection) -> Answer:
        account_settings.put(connection, call.scope, Setting.SNAPSHOT_BLOCK_PUBLIC_ACCESS, state)
        return {"State": state}

    return await cloud.change(call, decide)
