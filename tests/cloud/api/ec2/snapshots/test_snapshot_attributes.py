"""Who else may create volumes of a snapshot: kept, told, found and forgotten."""

from typing import Any

import pytest
from stack import Stack
from volumes_at_hand import create, refused

pytestmark = pytest.mark.anyio

ONE, OTHER = "111122223333", "444455556666"
UNKNOWN = "snap-0123456789abcdef0"


async def made(stack: Stack) -> str:
    snapshot_id = str((await stack.call("CreateSnapshot", VolumeId=await create(stack)))["SnapshotId"])
    await stack.idle()
    return snapshot_id


async def shared(stack: Stack, snapshot_id: str) -> list[dict[str, str]]:
    asked = {"SnapshotId": snapshot_id, "Attribute": "createVolumePermission"}
    told: list[dict[str, str]] = (await stack.call("DescribeSnapshotAttribute", **asked))["CreateVolumePermissions"]
    return told


async def modify(stack: Stack, snapshot_id: str, **parameters: Any) -> None:
    await stack.call("ModifySnapshotAttribute", SnapshotId=snapshot_id, **parameters)


async def test_a_snapshot_is_shared_in_either_form_and_no_more(stack: Stack) -> None:
    snapshot_id = await made(stack)
    assert await shared(stack, snapshot_id) == []
    await modify(stack, snapshot_id, CreateVolumePermission={"Add": [{"UserId": ONE}, {"Group": "all"}]})
    await modify(stack, snapshot_id, Attribute="createVolumePermission", OperationType="add", UserIds=[OTHER, ONE])
    assert await shared(stack, snapshot_id) == [{"UserId": ONE}, {"UserId": OTHER}, {"Group": "all"}]
    await modify(stack, snapshot_id, OperationType="remove", UserIds=[ONE], GroupNames=["all"])
    assert await shared(stack, snapshot_id) == [{"UserId": OTHER}]
    await modify(stack, snapshot_id, CreateVolumePermission={"Remove": [{"UserId": OTHER}]})
    assert await shared(stack, snapshot_id) == []


async def test_resetting_shares_with_nobody(stack: Stack) -> None:
    snapshot_id = await made(stack)
    await modify(stack, snapshot_id, OperationType="add", UserIds=[ONE], GroupNames=["all"])
    await stack.call("ResetSnapshotAttribute", SnapshotId=snapshot_id, Attribute="createVolumePermission")
    assert await shared(stack, snapshot_id) == []


async def test_snapshots_are_found_by_who_may_restore_them(stack: Stack) -> None:
    public, explicit, private = [await made(stack) for _ in range(3)]
    await modify(stack, public, OperationType="add", GroupNames=["all"])
    await modify(stack, explicit, OperationType="add", UserIds=[ONE])

    async def restorable(*users: str) -> set[str]:
        found = await stack.call("DescribeSnapshots", RestorableByUserIds=list(users))
        return {one["SnapshotId"] for one in found["Snapshots"]} & {public, explicit, private}

    assert await restorable("all") == {public}
    assert await restorable(ONE) == {explicit}
    assert await restorable("all", ONE) == {public, explicit}
    assert await restorable(OTHER) == set()
    assert await restorable("self") == {public, explicit, private}


async def test_what_cannot_be_is_refused(stack: Stack) -> None:
    snapshot_id = await made(stack)
    for parameters, code in (
        ({}, "InvalidParameterCombination"),
        ({"UserIds": [ONE]}, "InvalidParameterCombination"),
        ({"OperationType": "add", "UserIds": ["somebody"]}, "InvalidUserID.Malformed"),
        ({"OperationType": "add", "GroupNames": ["friends"]}, "InvalidParameterValue"),
        ({"CreateVolumePermission": {"Add": [{"Group": "friends"}]}}, "InvalidParameterValue"),
        ({"Attribute": "productCodes", "OperationType": "add", "UserIds": [ONE]}, "InvalidParameterValue"),
        (
            {"CreateVolumePermission": {"Add": [{"UserId": ONE}], "Remove": [{"UserId": OTHER}]}},
            "InvalidParameterCombination",
        ),
        (
            {"OperationType": "add", "UserIds": [f"{number:012}" for number in range(501)]},
            "InvalidParameterValue",
        ),
        (
            {"SnapshotId": "snap-0123456789abcdef0", "OperationType": "add", "UserIds": [ONE]},
            "InvalidSnapshot.NotFound",
        ),
    ):
        with refused(code):
            await stack.call("ModifySnapshotAttribute", **{"SnapshotId": snapshot_id, **parameters})
    with refused("InvalidParameterValue"):
        await stack.call("ResetSnapshotAttribute", SnapshotId=snapshot_id, Attribute="productCodes")
    assert await shared(stack, snapshot_id) == []


async def test_no_snapshot_has_a_product_code(stack: Stack) -> None:
    asked = {"SnapshotId": await made(stack), "Attribute": "productCodes"}
    assert (await stack.call("DescribeSnapshotAttribute", **asked))["ProductCodes"] == []
