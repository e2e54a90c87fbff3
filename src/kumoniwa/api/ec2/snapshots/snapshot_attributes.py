"""DescribeSnapshotAttribute, ModifySnapshotAttribute, ResetSnapshotAttribute: who else may use a snapshot."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.owners import check_accounts
from kumoniwa.api.ec2.snapshots.snapshot_block_public_access import EVERYONE, check_sharing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue, OperationNotPermitted
from kumoniwa.store import sharing

_MOST_CHANGES = 500  # botocore's documentation of ModifySnapshotAttribute


@action(
    "DescribeSnapshotAttribute",
    depth=Depth.RECORDED,
    missing="Permissions are stored and shown. There is one account, so they have no effect.",
)
async def describe_snapshot_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """One attribute of a snapshot. None has a product code."""
    snapshot_id: str = parameters["SnapshotId"]

    def read(connection: Connection) -> Answer:
        named(connection, call.scope, SNAPSHOT, snapshot_id)
        if parameters["Attribute"] == "productCodes":
            return {"SnapshotId": snapshot_id, "ProductCodes": []}
        shared = sharing.of(connection, [snapshot_id]).get(snapshot_id, [])
        permissions = [{"Group": user} if user == EVERYONE else {"UserId": user} for user in shared]
        return {"SnapshotId": snapshot_id, "CreateVolumePermissions": permissions}

    return await cloud.read(read)


@action(
    "ModifySnapshotAttribute",
    depth=Depth.RECORDED,
    missing="Permissions are stored and shown. There is one account, so they have no effect.",
)
async def modify_snapshot_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Share a snapshot, or share it no more. This cloud has one account: others are only recorded and shown."""
    _check_modifiable(parameters.get("Attribute", "createVolumePermission"))
    added, removed = _changes(parameters)
    if not added and not removed:
        raise InvalidParameterCombination("Nothing to modify: give CreateVolumePermission, or UserIds or GroupNames")
    if added and removed:
        raise InvalidParameterCombination("Permissions cannot be both added and removed by one request")
    if len(added) + len(removed) > _MOST_CHANGES:
        raise InvalidParameterValue(f"At most {_MOST_CHANGES} permissions can be modified by one request")

    def modify(connection: Connection) -> Answer:
        snapshot = named(connection, call.scope, SNAPSHOT, parameters["SnapshotId"])
        check_sharing(connection, call.scope, added)
        if snapshot.encrypted and EVERYONE in added:
            raise OperationNotPermitted(f"Encrypted snapshots cannot be shared publicly: {snapshot.id}")
        sharing.grant(connection, snapshot.id, added)
        sharing.revoke(connection, snapshot.id, removed)
        return None

    return await cloud.change(call, modify)


@action(
    "ResetSnapshotAttribute",
    depth=Depth.RECORDED,
    missing="Permissions are stored and shown. There is one account, so they have no effect.",
)
async def reset_snapshot_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Share a snapshot no more."""
    _check_modifiable(parameters["Attribute"])

    def reset(connection: Connection) -> Answer:
        snapshot = named(connection, call.scope, SNAPSHOT, parameters["SnapshotId"])
        sharing.revoke(connection, snapshot.id)
        return None

    return await cloud.change(call, reset)


def _check_modifiable(attribute: str) -> None:
    if attribute != "createVolumePermission":
        raise InvalidParameterValue(f"Value ({attribute}) for parameter attribute is invalid. It cannot be modified.")


def _changes(parameters: Parameters) -> tuple[list[str], list[str]]:
    """Who is added and who is removed, in either of the two forms that a request may have. Raises EC2's refusals."""
    changes = parameters.get("CreateVolumePermission") or {}
    added, removed = _grantees(changes.get("Add") or ()), _grantees(changes.get("Remove") or ())
    flat = [*parameters.get("UserIds", ()), *parameters.get("GroupNames", ())]
    if flat:
        operation = parameters.get("OperationType")
        if operation is None:
            raise InvalidParameterCombination("OperationType must be given with UserIds or GroupNames")
        (added if operation == "add" else removed).extend(flat)
    groups = [entry.get("Group") for kind in ("Add", "Remove") for entry in changes.get(kind) or ()]
    for group in [*filter(None, groups), *parameters.get("GroupNames", ())]:
        if group != EVERYONE:
            raise InvalidParameterValue(f"Value ({group[:200]}) for parameter group is invalid. The only group is all.")
    accounts = [entry.get("UserId") for kind in ("Add", "Remove") for entry in changes.get(kind) or ()]
    check_accounts([one for one in (*accounts, *parameters.get("UserIds", ())) if one])
    return added, removed


def _grantees(entries: Sequence[dict[str, Any]]) -> list[str]:
    return [entry.get("Group") or entry["UserId"] for entry in entries if entry.get("Group") or entry.get("UserId")]
