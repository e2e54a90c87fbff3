"""DescribeVolumeStatus, and the attributes of volumes."""

from typing import Any

import pytest
from stack import Stack
from volumes_at_hand import create, refused, root_of

pytestmark = pytest.mark.anyio


async def status(stack: Stack, volume_id: str) -> dict[str, Any]:
    """The volume's status as EC2 describes it."""
    found: dict[str, Any] = (await stack.call("DescribeVolumeStatus", VolumeIds=[volume_id]))["VolumeStatuses"][0]
    return found


async def test_a_volume_is_ok(stack: Stack) -> None:
    volume_id = await create(stack)
    assert await status(stack, volume_id) == {
        "Actions": [],
        "AttachmentStatuses": [],
        "AvailabilityZone": "us-east-1a",
        "AvailabilityZoneId": "use1-az1",
        "Events": [],
        "Operator": {"Managed": False},
        "VolumeId": volume_id,
        "VolumeStatus": {
            "Details": [
                {"Name": "io-enabled", "Status": "passed"},
                {"Name": "io-performance", "Status": "not-applicable"},
            ],
            "Status": "ok",
        },
    }


async def test_a_volume_whose_guest_pauses_for_want_of_room_is_impaired(stack: Stack) -> None:
    instance_id = await stack.launch()
    root = await root_of(stack, instance_id)
    told = await status(stack, root)
    assert told["AttachmentStatuses"] == [{"InstanceId": instance_id, "IoPerformance": "normal"}]
    assert told["InitializationStatusDetails"] == {"InitializationType": "default", "Progress": 100}
    room, stack.driver.world.room = stack.driver.world.room, 0
    stack.guest(instance_id).run_out_of_space()
    while (told := await status(stack, root))["VolumeStatus"]["Status"] == "ok":
        pass
    assert told["VolumeStatus"]["Status"] == "impaired"
    assert {"Name": "io-performance", "Status": "stalled"} in told["VolumeStatus"]["Details"]
    stack.driver.world.room = room
    stack.guest(instance_id).find_space()
    assert (await status(stack, root))["VolumeStatus"]["Status"] == "ok"


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("action.code", "enable-volume-io", 0),
        ("attachment-status.instance-id", "i-*", 1),
        ("attachment-status.io-performance", "normal", 1),
        ("availability-zone", "us-east-1a", 2),
        ("availability-zone-id", "use1-az1", 2),
        ("event.event-type", "*", 0),
        ("volume-status.details-name", "io-performance", 2),
        ("volume-status.details-name", "initialization-state", 1),
        ("volume-status.details-status", "not-applicable", 1),
        ("volume-status.status", "ok", 2),
        ("volume-status.status", "impaired", 0),
    ],
)
async def test_a_filter_finds_what_it_names(stack: Stack, name: str, value: str, found: int) -> None:
    await stack.launch()
    await create(stack)
    told = await stack.call("DescribeVolumeStatus", Filters=[{"Name": name, "Values": [value]}])
    assert len(told["VolumeStatuses"]) == found


async def test_the_status_of_what_is_not_there_is_refused(stack: Stack) -> None:
    with refused("InvalidVolume.NotFound"):
        await status(stack, "vol-00000000000000001")


async def test_statuses_are_told_in_pages(stack: Stack) -> None:
    made = {await create(stack) for _ in range(6)}
    first = await stack.call("DescribeVolumeStatus", MaxResults=5)
    rest = await stack.call("DescribeVolumeStatus", MaxResults=5, NextToken=first["NextToken"])
    assert {one["VolumeId"] for told in (first, rest) for one in told["VolumeStatuses"]} == made


async def test_whether_a_volume_is_used_on_is_kept(stack: Stack) -> None:
    volume_id = await create(stack)

    async def told() -> bool:
        answer = await stack.call("DescribeVolumeAttribute", VolumeId=volume_id, Attribute="autoEnableIO")
        assert answer["VolumeId"] == volume_id
        return bool(answer["AutoEnableIO"]["Value"])

    assert not await told()
    await stack.call("ModifyVolumeAttribute", VolumeId=volume_id, AutoEnableIO={"Value": True})
    assert await told()
    with refused("MissingParameter", "The request must contain the parameter autoEnableIO"):
        await stack.call("ModifyVolumeAttribute", VolumeId=volume_id)


async def test_a_volume_has_no_product_codes_and_its_use_was_never_suspended(stack: Stack) -> None:
    volume_id = await create(stack)
    answer = await stack.call("DescribeVolumeAttribute", VolumeId=volume_id, Attribute="productCodes")
    assert answer["ProductCodes"] == []
    await stack.call("EnableVolumeIO", VolumeId=volume_id)
    for action, more in (
        ("EnableVolumeIO", {}),
        ("DescribeVolumeAttribute", {"Attribute": "autoEnableIO"}),
        ("ModifyVolumeAttribute", {"AutoEnableIO": {"Value": True}}),
    ):
        with refused("InvalidVolume.NotFound"):
            await stack.call(action, VolumeId="vol-00000000000000001", **more)
