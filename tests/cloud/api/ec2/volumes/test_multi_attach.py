"""Volumes with Multi-Attach: which may have it, and when it is enabled; a second instance is refused."""

from typing import Any

import pytest
from stack import Stack
from volumes_at_hand import create, refused, volume

pytestmark = pytest.mark.anyio

SHARED: dict[str, Any] = {"Size": 4, "VolumeType": "io2", "Iops": 100, "MultiAttachEnabled": True}


async def modify(stack: Stack, volume_id: str, **parameters: Any) -> dict[str, Any]:
    """Ask for the modification and wait for its end; gives what was answered."""
    answer = await stack.call("ModifyVolume", VolumeId=volume_id, **parameters)
    await stack.idle()
    told: dict[str, Any] = answer["VolumeModification"]
    return told


@pytest.mark.parametrize("volume_type", ["io1", "io2"])
async def test_a_volume_is_made_with_multi_attach_and_found_by_it(stack: Stack, volume_type: str) -> None:
    answer = await stack.call("CreateVolume", AvailabilityZone="us-east-1a", **{**SHARED, "VolumeType": volume_type})
    assert answer["MultiAttachEnabled"] is True
    await stack.idle()
    assert (await volume(stack, answer["VolumeId"]))["MultiAttachEnabled"] is True
    other = await create(stack)
    for value, found in (("true", answer["VolumeId"]), ("false", other)):
        asked = [{"Name": "multi-attach-enabled", "Values": [value]}]
        told = await stack.call("DescribeVolumes", Filters=asked)
        assert [one["VolumeId"] for one in told["Volumes"]] == [found]


@pytest.mark.parametrize("volume_type", ["standard", "gp2", "gp3"])
async def test_other_types_have_no_multi_attach(stack: Stack, volume_type: str) -> None:
    plain = {"Size": 4, "VolumeType": volume_type}
    message = f"The parameter multiAttachEnabled is not supported for {volume_type} volumes."
    with refused("InvalidParameterCombination", message):
        await create(stack, **plain, MultiAttachEnabled=True)
    volume_id = await create(stack, **plain, MultiAttachEnabled=False)
    with refused("InvalidParameterCombination", message):
        await modify(stack, volume_id, MultiAttachEnabled=True)


async def test_it_is_enabled_and_disabled_of_an_io2_volume(stack: Stack) -> None:
    volume_id = await create(stack, **{**SHARED, "MultiAttachEnabled": False})
    for enabled in (True, False):
        answer = await modify(stack, volume_id, MultiAttachEnabled=enabled)
        assert (answer["OriginalMultiAttachEnabled"], answer["TargetMultiAttachEnabled"]) == (not enabled, enabled)
        assert (await volume(stack, volume_id))["MultiAttachEnabled"] is enabled
        asked = [{"Name": "targetMultiAttachEnabled", "Values": [str(enabled).lower()]}]
        told = await stack.call("DescribeVolumesModifications", Filters=asked)
        assert [one["VolumeId"] for one in told["VolumesModifications"]] == [volume_id]


async def test_what_else_is_modified_leaves_it_as_it_is(stack: Stack) -> None:
    volume_id = await create(stack, **SHARED)
    answer = await modify(stack, volume_id, Size=5)
    assert (answer["OriginalMultiAttachEnabled"], answer["TargetMultiAttachEnabled"]) == (True, True)
    told = await volume(stack, volume_id)
    assert (told["Size"], told["MultiAttachEnabled"]) == (5, True)


@pytest.mark.parametrize(
    ("volume_type", "enabled", "change"),
    [
        ("io1", False, {"MultiAttachEnabled": True}),
        ("io1", True, {"MultiAttachEnabled": False}),
        ("io1", True, {"Size": 5}),
        ("io2", True, {"VolumeType": "io1", "Iops": 100}),
        ("io2", True, {"VolumeType": "gp3"}),
        ("io1", False, {"VolumeType": "io2", "MultiAttachEnabled": True}),
    ],
)
async def test_what_multi_attach_does_not_allow_afterwards_is_refused(
    stack: Stack, volume_type: str, enabled: bool, change: dict[str, Any]
) -> None:
    volume_id = await create(stack, **{**SHARED, "VolumeType": volume_type, "MultiAttachEnabled": enabled})
    with refused("InvalidParameterCombination"):
        await modify(stack, volume_id, **change)
    assert (await volume(stack, volume_id))["MultiAttachEnabled"] is enabled


async def test_it_is_not_enabled_while_the_volume_is_attached(stack: Stack) -> None:
    volume_id, instance_id = await create(stack, **{**SHARED, "MultiAttachEnabled": False}), await stack.launch()
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    with refused("IncorrectState"):
        await modify(stack, volume_id, MultiAttachEnabled=True)


async def test_one_instance_has_it_and_a_second_is_refused_aloud(stack: Stack) -> None:
    volume_id, first, second = await create(stack, **SHARED), await stack.launch(), await stack.launch()
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=first, Device="/dev/sdf")
    await stack.idle()
    with refused(
        "UnsupportedOperation",
        "Kumoniwa does not implement attachments of a Multi-Attach enabled volume to a second instance. "
        f"Detach it from {first} first.",
    ):
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=second, Device="/dev/sdf")
    with refused("VolumeInUse"):
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=first, Device="/dev/sdg")
    with refused("MissingParameter"):
        await stack.call("DetachVolume", VolumeId=volume_id)
    await stack.call("DetachVolume", VolumeId=volume_id, InstanceId=first)
    await stack.idle()
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=second, Device="/dev/sdf")
    await stack.idle()
    (attachment,) = (await volume(stack, volume_id))["Attachments"]
    assert (attachment["InstanceId"], attachment["State"]) == (second, "attached")
