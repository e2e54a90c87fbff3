"""AttachVolume and DetachVolume."""

import asyncio
from typing import Any

import pytest
from stack import Stack
from volumes_at_hand import attached, create, held, refused, root_of, states, volume

from kumoniwa.hypervisor.driver import DetachRefused, DriverError, GuestLost, GuestState

pytestmark = pytest.mark.anyio


async def stopped(stack: Stack, instance_id: str) -> None:
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()


async def statuses(stack: Stack, instance_id: str) -> dict[str, str]:
    """The instance's devices, and each one's status."""
    mappings = (await stack.instance(instance_id))["BlockDeviceMappings"]
    return {mapping["DeviceName"]: mapping["Ebs"]["Status"] for mapping in mappings}


async def test_a_running_guest_gets_a_volume_under_its_id_as_serial(stack: Stack) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    async with held(stack, "ensure_attached") as plugging:
        answer = await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        async with asyncio.timeout(10):
            await plugging.wait()
        assert answer["State"] == "attaching"
        assert await states(stack, volume_id) == ("in-use", "attaching")
    await stack.idle()
    assert await states(stack, volume_id) == ("in-use", "attached")
    assert await statuses(stack, instance_id) == {"/dev/xvda": "attached", "/dev/sdf": "attached"}
    told = (await volume(stack, volume_id))["Attachments"][0]
    assert (told["Device"], told["InstanceId"], told["DeleteOnTermination"]) == ("/dev/sdf", instance_id, False)
    serial = volume_id.replace("-", "")
    stack.guest(instance_id).write("/data", b"kept", serial=serial, sync=True)
    assert stack.guest(instance_id).read("/data", serial=serial) == b"kept"


async def test_what_was_written_to_a_volume_goes_with_it_to_another_instance(stack: Stack) -> None:
    first, volume_id = await attached(stack)
    second = await stack.launch()
    serial = volume_id.replace("-", "")
    stack.guest(first).write("/data", b"kept", serial=serial, sync=True)
    answer = await stack.call("DetachVolume", VolumeId=volume_id)
    assert answer["State"] == "detaching"
    await stack.idle()
    assert await states(stack, volume_id) == ("available", None)
    assert await statuses(stack, first) == {"/dev/xvda": "attached"}
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=second, Device="/dev/sdf")
    await stack.idle()
    assert stack.guest(second).read("/data", serial=serial) == b"kept"


async def test_a_stopped_instance_has_the_volume_when_it_starts(stack: Stack) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    await stopped(stack, instance_id)
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="sdf")
    await stack.idle()
    assert await states(stack, volume_id) == ("in-use", "attached")
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    stack.guest(instance_id).write("/data", b"kept", serial=volume_id.replace("-", ""))


async def test_a_volume_that_cannot_be_plugged_in_is_available_again(stack: Stack) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    stack.driver.fail_next("ensure_attached", DriverError("No slot is free.", way_out="Ask again."))
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    assert await states(stack, volume_id) == ("available", None)
    assert await statuses(stack, instance_id) == {"/dev/xvda": "attached"}
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    assert await states(stack, volume_id) == ("in-use", "attached")


async def test_a_volume_is_attached_once(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    with refused("VolumeInUse", f"{volume_id} is already attached to an instance"):
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdg")


async def test_a_device_is_used_once(stack: Stack) -> None:
    instance_id, _ = await attached(stack)
    other = await create(stack)
    for device in ("/dev/sdf", "/dev/xvda"):
        with refused(
            "InvalidParameterValue",
            f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use",
        ):
            await stack.call("AttachVolume", VolumeId=other, InstanceId=instance_id, Device=device)


@pytest.mark.parametrize(
    "device",
    [
        "/dev/sdf16",
        "/dev/nvme1n1",
        "/dev/hda",
        "/dev/sd",
        "/dev/sdi1",
        "/dev/sda",
        "/dev/sda3",
        "/dev/xvdeo",
        "/dev/xvda1",
    ],
)
async def test_a_device_that_is_none_is_refused(stack: Stack, device: str) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    with refused(
        "InvalidParameterValue",
        f"Value ({device}) for parameter device is invalid. {device} is not a valid EBS device name.",
    ):
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device=device)


async def test_a_volume_is_attached_beside_the_root_device_under_the_next_number(stack: Stack) -> None:
    """As cloudbridge's own tests do on AWS, with an HVM instance."""
    instance_id, volume_id = await stack.launch(), await create(stack)
    attached = await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sda2")
    assert attached["Device"] == "/dev/sda2"
    await stack.idle()
    mapped = (await stack.instance(instance_id))["BlockDeviceMappings"]
    assert [one["DeviceName"] for one in mapped] == ["/dev/xvda", "/dev/sda2"]


async def test_a_volume_of_another_zone_is_refused(stack: Stack) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack, AvailabilityZone="us-east-1c")
    with refused(
        "InvalidVolume.ZoneMismatch",
        f"The volume '{volume_id}' is not in the same availability zone as instance '{instance_id}'",
    ):
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")


async def test_an_instance_between_two_states_gets_no_volume(stack: Stack) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    for action, state in (("StopInstances", "stopping"), ("TerminateInstances", "shutting-down")):
        async with held(stack, "ensure_off"):
            await stack.call(action, InstanceIds=[instance_id])
            assert (await stack.instance(instance_id))["State"]["Name"] == state
            with refused("IncorrectState", f"Instance '{instance_id}' is not 'running'."):
                await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        await stack.idle()
    with refused("IncorrectState", f"Instance '{instance_id}' is not 'running'."):
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")


async def test_an_instance_has_so_many_volumes_at_most(stack: Stack) -> None:
    mappings = [{"DeviceName": f"/dev/sd{letter}", "Ebs": {"VolumeSize": 1}} for letter in "bcdefghijklmnopqrstuvwxyz"]
    mappings.append({"DeviceName": "/dev/xvdba", "Ebs": {"VolumeSize": 1}})
    instance_id, volume_id = await stack.launch(BlockDeviceMappings=mappings), await create(stack)
    with refused("AttachmentLimitExceeded"):
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/xvdbb")


async def test_what_is_not_there_is_refused(stack: Stack) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    unknown = {"VolumeId": "vol-00000000000000001", "InstanceId": "i-00000000000000001"}
    for name, code in (("VolumeId", "InvalidVolume.NotFound"), ("InstanceId", "InvalidInstanceID.NotFound")):
        asked: dict[str, Any] = {"VolumeId": volume_id, "InstanceId": instance_id, name: unknown[name]}
        with refused(code):
            await stack.call("AttachVolume", **asked, Device="/dev/sdf")
    with refused("InvalidVolume.NotFound"):
        await stack.call("DetachVolume", VolumeId=unknown["VolumeId"])


async def test_a_volume_that_is_not_attached_so_is_not_detached(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    other = await stack.launch()
    with refused("InvalidAttachment.NotFound", f"The volume '{volume_id}' is not attached to instance '{other}'."):
        await stack.call("DetachVolume", VolumeId=volume_id, InstanceId=other)
    with refused("InvalidAttachment.NotFound", f"The volume '{volume_id}' is not attached as device '/dev/sdg'."):
        await stack.call("DetachVolume", VolumeId=volume_id, Device="/dev/sdg")
    with refused("InvalidInstanceID.NotFound"):
        await stack.call("DetachVolume", VolumeId=volume_id, InstanceId="i-00000000000000001")
    assert await states(stack, volume_id) == ("in-use", "attached")
    await stack.call("DetachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    with refused("IncorrectState", f"Volume '{volume_id}' is in the 'available' state."):
        await stack.call("DetachVolume", VolumeId=volume_id)


async def test_a_root_volume_leaves_a_stopped_instance_only_and_comes_back(stack: Stack) -> None:
    instance_id = await stack.launch()
    root = await root_of(stack, instance_id)
    with refused("IncorrectState", f"Unable to detach root volume '{root}' from instance '{instance_id}'"):
        await stack.call("DetachVolume", VolumeId=root, Force=True)
    stack.guest(instance_id).write("/data", b"kept", sync=True)
    await stopped(stack, instance_id)
    await stack.call("DetachVolume", VolumeId=root)
    await stack.idle()
    assert await states(stack, root) == ("available", None)
    with refused(
        "InvalidParameterValue",
        f"Invalid value '{instance_id}' for instanceId. Instance does not have a volume attached at root (/dev/xvda)",
    ):
        await stack.call("StartInstances", InstanceIds=[instance_id])
    spare = await create(stack)
    await stack.call("AttachVolume", VolumeId=spare, InstanceId=instance_id, Device="/dev/sdf")
    await stack.call("AttachVolume", VolumeId=root, InstanceId=instance_id, Device="/dev/xvda")
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    assert stack.guest(instance_id).read("/data") == b"kept"


async def test_a_guest_that_keeps_a_volume_leaves_it_busy_until_it_is_forced(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    stack.driver.fail_next("ensure_detached", DetachRefused("The guest did not let it go."))
    await stack.call("DetachVolume", VolumeId=volume_id)
    await stack.idle()
    assert await states(stack, volume_id) == ("in-use", "busy")
    assert await statuses(stack, instance_id) == {"/dev/xvda": "attached", "/dev/sdf": "detaching"}
    with refused("VolumeInUse"):
        await stack.call("DeleteVolume", VolumeId=volume_id)
    await stack.call("DetachVolume", VolumeId=volume_id, Force=True)
    assert await states(stack, volume_id) == ("in-use", "detaching")
    await stack.idle()
    assert await states(stack, volume_id) == ("available", None)


@pytest.mark.parametrize("keeps", [False, True])
async def test_a_busy_volume_is_let_go_at_a_reboot(stack: Stack, keeps: bool) -> None:
    instance_id, volume_id = await attached(stack)
    for _ in range(1 + keeps):
        stack.driver.fail_next("ensure_detached", DetachRefused("The guest did not let it go."))
    await stack.call("DetachVolume", VolumeId=volume_id)
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await states(stack, volume_id) == (("in-use", "busy") if keeps else ("available", None))


async def test_a_busy_volume_is_available_once_its_guest_is_off(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    stack.driver.fail_next("ensure_detached", DetachRefused("The guest did not let it go."))
    await stack.call("DetachVolume", VolumeId=volume_id)
    await stack.idle()
    await stopped(stack, instance_id)
    assert await states(stack, volume_id) == ("available", None)
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await statuses(stack, instance_id) == {"/dev/xvda": "attached"}


async def test_a_guest_that_hangs_while_it_is_to_let_a_volume_go_can_be_cut_off(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    hanging = [True]

    async def hang(method: str) -> None:
        if method == "ensure_detached" and hanging:
            if await stack.guest(instance_id).observe() is GuestState.ABSENT:
                hanging.clear()
            else:
                raise GuestLost("No answer.")

    stack.driver.faults.hook = hang
    await stack.call("DetachVolume", VolumeId=volume_id)
    for skip in (False, True):
        await stack.call("StopInstances", InstanceIds=[instance_id], SkipOsShutdown=skip)
    idle = asyncio.ensure_future(stack.idle())
    while not (await asyncio.wait({idle}, timeout=0.1))[0]:
        await stack.clock.advance(1)
    assert (await stack.instance(instance_id))["State"]["Name"] == "stopped"
    assert await states(stack, volume_id) == ("available", None)


async def test_a_volume_asked_back_twice_is_detached_once(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    async with held(stack, "ensure_detached"):
        for force in (False, False, True):
            answer = await stack.call("DetachVolume", VolumeId=volume_id, Force=force)
            assert answer["State"] == "detaching"
    await stack.idle()
    assert await states(stack, volume_id) == ("available", None)
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    assert await states(stack, volume_id) == ("in-use", "attached")


async def test_a_volume_asked_back_while_it_is_attached_ends_available(stack: Stack) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    async with held(stack, "ensure_attached") as plugging:
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        async with asyncio.timeout(10):
            await plugging.wait()
        await stack.call("DetachVolume", VolumeId=volume_id)
        assert await states(stack, volume_id) == ("in-use", "detaching")
    await stack.idle()
    assert await states(stack, volume_id) == ("available", None)


@pytest.mark.parametrize("method", ["ensure_attached", "ensure_detached"])
async def test_an_instance_that_ends_meanwhile_leaves_its_volume_available(stack: Stack, method: str) -> None:
    if method == "ensure_detached":
        instance_id, volume_id = await attached(stack)
        action, parameters = "DetachVolume", {"VolumeId": volume_id}
    else:
        instance_id, volume_id = await stack.launch(), await create(stack)
        action = "AttachVolume"
        parameters = {"VolumeId": volume_id, "InstanceId": instance_id, "Device": "/dev/sdf"}
    async with held(stack, method) as reached:
        await stack.call(action, **parameters)
        async with asyncio.timeout(10):
            await reached.wait()
        await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "terminated"
    assert await states(stack, volume_id) == ("available", None)


async def test_a_volume_asked_for_before_its_instance_ends_stays_available(stack: Stack) -> None:
    """The attachment's turn comes after the instance's end: it must not touch what somebody else has by then."""
    instance_id, volume_id = await stack.launch(), await create(stack)
    other = await stack.launch()
    async with held(stack, "ensure_shut_down") as reached:
        await stack.call("RebootInstances", InstanceIds=[instance_id])
        async with asyncio.timeout(10):
            await reached.wait()
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await states(stack, volume_id) == ("available", None)
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=other, Device="/dev/sdf")
    await stack.idle()
    assert (await volume(stack, volume_id))["Attachments"][0]["InstanceId"] == other


@pytest.mark.parametrize("action", ["StopInstances", "RebootInstances"])
async def test_stop_and_reboot_wait_for_the_attachment(stack: Stack, action: str) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    async with held(stack, "ensure_attached") as plugging:
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        async with asyncio.timeout(10):
            await plugging.wait()
        await stack.call(action, InstanceIds=[instance_id])
    await stack.idle()
    assert await states(stack, volume_id) == ("in-use", "attached")
    if action == "StopInstances":
        await stack.call("StartInstances", InstanceIds=[instance_id])
        await stack.idle()
    stack.guest(instance_id).write("/data", b"kept", serial=volume_id.replace("-", ""))


async def test_an_image_of_an_instance_that_gave_a_volume_back_takes_new_devices(stack: Stack) -> None:
    instance_id, first = await attached(stack)
    second = await create(stack)
    await stack.call("AttachVolume", VolumeId=second, InstanceId=instance_id, Device="/dev/sdg")
    await stack.call("DetachVolume", VolumeId=first)
    await stack.idle()
    added = [{"DeviceName": "/dev/sdh", "Ebs": {"VolumeSize": 1}}]
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden", BlockDeviceMappings=added))[
        "ImageId"
    ]
    await stack.idle()
    image = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
    assert image["State"] == "available"
    assert [one["DeviceName"] for one in image["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdg", "/dev/sdh"]
