"""Hibernated instances: what is in the guest is kept while the instance is stopped, or the record says why not."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asgi import Refused
from stack import Stack, stack_on
from volumes_at_hand import states

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import DriverError, GuestState, HostExhausted, LayerDamaged
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.store import hibernations

pytestmark = pytest.mark.anyio

_WAY_OUT = "Ask again."


async def _launch(stack: Stack) -> str:
    """An instance that runs and can be hibernated, with something in its memory that no disk holds."""
    instance_id = await _launched(stack)
    stack.guest(instance_id).write("/counter", b"41")
    return instance_id


async def _launched(stack: Stack) -> str:
    return await stack.launch(InstanceType="t2.micro", HibernationOptions={"Configured": True})


async def _hibernate(stack: Stack, instance_id: str) -> None:
    await stack.call("StopInstances", InstanceIds=[instance_id], Hibernate=True)
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "stopped"


async def _start(stack: Stack, instance_id: str) -> None:
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"


async def _passes(stack: Stack, instance_id: str, state: str) -> None:
    """Time passes until the instance is in this state, and nothing is done with it any more."""
    async with asyncio.timeout(10):
        while (await stack.instance(instance_id))["State"]["Name"] != state:
            await stack.clock.advance(30)
            await stack.written()
    await stack.idle()


async def _told(stack: Stack, instance_id: str) -> dict[str, Any]:
    return await stack.get(f"/_kumoniwa/instances/{instance_id}/boots")


async def _hibernation(stack: Stack, instance_id: str) -> dict[str, Any]:
    """The only one there was, as the evidence tells it."""
    (only,) = (await _told(stack, instance_id))["hibernations"]
    assert "key" not in only
    return dict(only)


async def _boots_cold(stack: Stack, instance_id: str, because: str | None) -> None:
    """It boots, of what was in it nothing is left, and the record says why."""
    boot_id = stack.guest(instance_id).boot_id
    await _start(stack, instance_id)
    with pytest.raises(FileNotFoundError):
        stack.guest(instance_id).read("/counter")
    assert stack.guest(instance_id).boot_id != boot_id
    told = await _hibernation(stack, instance_id)
    assert (told["resumed_at"], told["because"]) == (None, because)
    assert told["ended_at"] is not None
    boots = (await _told(stack, instance_id))["boots"]
    assert [boot["action"] for boot in boots] == ["RunInstances", "StartInstances"]
    assert (boots[0]["end_clean"], boots[1]["ended_at"]) == (False, None)


async def test_a_hibernated_guest_goes_on_where_it_stood_in_the_same_boot(stack: Stack) -> None:
    instance_id = await _launch(stack)
    group = (await stack.instance(instance_id))["SecurityGroups"][0]["GroupId"]
    port = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "CidrIp": "0.0.0.0/0"}
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=group, **port)
    boot_id, before = stack.guest(instance_id).boot_id, await stack.instance(instance_id)
    (change,) = (await stack.call("StopInstances", InstanceIds=[instance_id], Hibernate=True))["StoppingInstances"]
    assert (change["CurrentState"]["Name"], change["PreviousState"]["Name"]) == ("stopping", "running")
    await stack.idle()
    stopped = await stack.instance(instance_id)
    assert stopped["State"]["Name"] == "stopped"
    assert stopped["StateReason"] == {
        "Code": "Client.UserInitiatedHibernate",
        "Message": "Client.UserInitiatedHibernate: User initiated hibernate",
    }
    assert stopped["StateTransitionReason"].startswith("User initiated (")
    assert stopped["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert "PublicIpAddress" not in stopped
    assert await stack.guest(instance_id).observe() is GuestState.ABSENT
    told = await _hibernation(stack, instance_id)
    assert told["suspended_at"] is not None
    assert told["size_bytes"] == 1 << 30
    assert told["resumed_at"] is None
    await stack.clock.advance(5)

    await _start(stack, instance_id)
    started, guest = await stack.instance(instance_id), stack.guest(instance_id)
    assert (guest.boot_id, guest.read("/counter")) == (boot_id, b"41")
    assert started["LaunchTime"] > before["LaunchTime"]
    assert "StateReason" not in started
    assert started["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert started["PublicIpAddress"]
    assert [(str(one.host_address), one.guest_port) for one in guest.forwards] == [(started["PublicIpAddress"], 8080)]
    (boot,) = (await _told(stack, instance_id))["boots"]
    assert (boot["action"], boot["ended_at"]) == ("RunInstances", None)
    told = await _hibernation(stack, instance_id)
    assert (told["ended_at"], told["because"]) == (None, None)
    assert told["resumed_at"] > told["suspended_at"]
    (status,) = (await stack.call("DescribeInstanceStatus", InstanceIds=[instance_id]))["InstanceStatuses"]
    assert status["InstanceStatus"]["Status"] == "ok"


async def test_one_without_an_agent_is_as_reachable_as_it_was_once_it_goes_on(stack: Stack) -> None:
    instance_id = await _launch(stack)
    stack.guest(instance_id)._machine()._reachable = False  # it does not say so again
    await _hibernate(stack, instance_id)
    await _start(stack, instance_id)
    (status,) = (await stack.call("DescribeInstanceStatus", InstanceIds=[instance_id]))["InstanceStatuses"]
    assert status["InstanceStatus"]["Status"] == "ok"
    await _hibernate(stack, instance_id)


async def test_it_is_hibernated_and_goes_on_as_often_as_asked(stack: Stack) -> None:
    instance_id = await _launch(stack)
    for count in range(1, 4):
        await _hibernate(stack, instance_id)
        await _start(stack, instance_id)
        assert stack.guest(instance_id).read("/counter") == b"41"
        assert len((await _told(stack, instance_id))["hibernations"]) == count
    assert len((await _told(stack, instance_id))["boots"]) == 1


async def test_described_as_ec2_does(stack: Stack) -> None:
    configured, other = await _launch(stack), await stack.launch()
    assert (await stack.instance(configured))["HibernationOptions"] == {"Configured": True}
    assert (await stack.instance(other))["HibernationOptions"] == {"Configured": False}
    for value, found in (("true", configured), ("false", other)):
        filters = [{"Name": "hibernation-options.configured", "Values": [value]}]
        (reservation,) = (await stack.call("DescribeInstances", Filters=filters))["Reservations"]
        assert [one["InstanceId"] for one in reservation["Instances"]] == [found]
    await _hibernate(stack, configured)
    filters = [{"Name": "state-reason-code", "Values": ["Client.UserInitiatedHibernate"]}]
    (reservation,) = (await stack.call("DescribeInstances", Filters=filters))["Reservations"]
    assert [one["InstanceId"] for one in reservation["Instances"]] == [configured]
    supported = [{"Name": "hibernation-supported", "Values": ["true"]}]
    types = (await stack.call("DescribeInstanceTypes", Filters=supported))["InstanceTypes"]
    assert {one["HibernationSupported"] for one in types} == {True}
    assert {one["EbsInfo"]["NvmeSupport"] for one in types} == {"unsupported"}
    assert "t2.micro" in {one["InstanceType"] for one in types}


async def test_launches_that_could_not_be_hibernated_are_refused(stack: Stack) -> None:
    with pytest.raises(Refused) as refused:
        await stack.launch(InstanceType="t3.micro", HibernationOptions={"Configured": True})
    assert refused.value.code == "UnsupportedHibernationConfiguration"
    assert "'t3.micro' does not support hibernation" in refused.value.message
    assert (await stack.call("DescribeInstances"))["Reservations"] == []


async def test_of_an_image_with_fast_launch_instances_of_every_type_can_be_hibernated(stack: Stack) -> None:
    """Their disks are virtio for life, whether they were launched from memory or booted."""
    (image,) = (await stack.call("DescribeImages"))["Images"]
    await stack.call("EnableFastLaunch", ImageId=image["ImageId"])
    await stack.idle()
    instance_id = await stack.launch(InstanceType="t3.micro", HibernationOptions={"Configured": True})
    stack.guest(instance_id).write("/counter", b"41")
    await _hibernate(stack, instance_id)
    await _start(stack, instance_id)
    assert stack.guest(instance_id).read("/counter") == b"41"


async def test_what_cannot_be_hibernated_now_is_refused(stack: Stack) -> None:
    other, instance_id = await stack.launch(InstanceType="t2.micro"), await _launch(stack)
    for ids, more, code, message in (
        (
            [instance_id, other],
            {},
            "UnsupportedHibernationConfiguration",
            f"The instance can't be hibernated because it was not configured at launch for hibernation: {other}",
        ),
        (
            [instance_id],
            {"SkipOsShutdown": True},
            "InvalidParameterCombination",
            "The parameters Hibernate and SkipOsShutdown cannot be used together.",
        ),
    ):
        with pytest.raises(Refused) as refused:
            await stack.call("StopInstances", InstanceIds=ids, Hibernate=True, **more)
        assert (refused.value.code, refused.value.message) == (code, message)
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"


async def test_one_that_has_not_come_up_yet_is_not_ready(tmp_path: Path) -> None:
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=replace(Timing.instant(), boot=30))
    async with stack_on(Config(data_dir=tmp_path), driver, clock) as stack:
        instance_id = await _launched(stack)
        with pytest.raises(Refused) as refused:
            await stack.call("StopInstances", InstanceIds=[instance_id], Hibernate=True)
        assert refused.value.code == "UnsupportedOperation"
        assert refused.value.message == f"Instance {instance_id} is not ready to hibernate yet, retry in a few minutes."
        await clock.advance(30)
        await stack.idle()
        await _hibernate(stack, instance_id)


@pytest.mark.parametrize(
    ("failure", "because"),
    [
        (HostExhausted("The host's disk is full.", way_out=_WAY_OUT), "The host's disk is full."),
        (DriverError("QEMU refused it.", way_out=_WAY_OUT), "QEMU refused it."),
    ],
)
async def test_where_it_fails_the_guest_is_shut_down_as_usual(stack: Stack, failure: DriverError, because: str) -> None:
    instance_id = await _launch(stack)
    stack.driver.fail_next("ensure_suspended", failure)
    await _hibernate(stack, instance_id)
    assert (await stack.instance(instance_id))["StateReason"]["Code"] == "Client.UserInitiatedHibernate"
    told = await _hibernation(stack, instance_id)
    assert (told["suspended_at"], told["because"]) == (None, because)
    await _start(stack, instance_id)
    assert stack.guest(instance_id).read("/counter") == b"41", "it was shut down in its own order"
    boots = (await _told(stack, instance_id))["boots"]
    assert [(boot["action"], boot["end_clean"]) for boot in boots] == [("RunInstances", True), ("StartInstances", None)]


async def test_a_volume_that_the_guest_keeps_has_it_shut_down_instead(stack: Stack) -> None:
    instance_id = await _launch(stack)
    volume_id = await _attached(stack, instance_id)
    stack.guest(instance_id).holds_disk(volume_id.replace("-", ""))
    await stack.call("DetachVolume", VolumeId=volume_id)
    async with asyncio.timeout(10):
        while await states(stack, volume_id) != ("in-use", "busy"):
            await stack.clock.advance(60)
            await stack.written()
    await stack.idle()
    await _hibernate(stack, instance_id)
    told = await _hibernation(stack, instance_id)
    assert told["because"] == f"The guest has not let go of {volume_id}, which is being detached."


async def test_snapshots_and_images_of_it_are_crash_consistent_and_it_goes_on_all_the_same(stack: Stack) -> None:
    instance_id = await _launch(stack)
    await _hibernate(stack, instance_id)
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    await stack.idle()
    assert (await stack.get(f"/_kumoniwa/images/{image_id}"))["consistency"] == "crash-consistent"
    await _start(stack, instance_id)
    assert stack.guest(instance_id).read("/counter") == b"41"


async def test_a_grown_volume_keeps_it_from_nothing(stack: Stack) -> None:
    instance_id = await _launch(stack)
    await _hibernate(stack, instance_id)
    root = (await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    await stack.call("ModifyVolume", VolumeId=root, Size=20)
    await stack.idle()
    await _start(stack, instance_id)
    assert stack.guest(instance_id).read("/counter") == b"41"


async def test_a_detached_volume_has_it_boot(stack: Stack) -> None:
    """Another guest may have written to it meanwhile, whatever it is attached to in the end."""
    instance_id = await _launch(stack)
    volume_id = await _attached(stack, instance_id)
    await _hibernate(stack, instance_id)
    await stack.call("DetachVolume", VolumeId=volume_id)
    await stack.idle()
    (first,) = (await _told(stack, instance_id))["boots"]
    assert first["end_action"] == "DetachVolume"
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    await _boots_cold(stack, instance_id, f"{volume_id} was detached meanwhile.")


async def test_an_attached_volume_has_it_boot(stack: Stack) -> None:
    instance_id = await _launch(stack)
    await _hibernate(stack, instance_id)
    volume_id = await _attached(stack, instance_id)
    await _boots_cold(stack, instance_id, f"{volume_id} was attached meanwhile.")


async def test_an_attached_interface_has_it_boot(stack: Stack) -> None:
    instance_id = await _launch(stack)
    subnet = (await stack.instance(instance_id))["SubnetId"]
    await _hibernate(stack, instance_id)
    interface_id = (await stack.call("CreateNetworkInterface", SubnetId=subnet))["NetworkInterface"][
        "NetworkInterfaceId"
    ]
    await stack.call("AttachNetworkInterface", NetworkInterfaceId=interface_id, InstanceId=instance_id, DeviceIndex=1)
    await stack.idle()
    await _boots_cold(stack, instance_id, f"{interface_id} was attached meanwhile.")


async def test_its_type_cannot_be_changed(stack: Stack) -> None:
    instance_id = await _launch(stack)
    await _hibernate(stack, instance_id)
    with pytest.raises(Refused) as refused:
        await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, InstanceType={"Value": "t2.small"})
    assert refused.value.code == "UnsupportedOperation"
    data = {"UserData": {"Value": b"#!/bin/sh"}}
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, **data)
    await _start(stack, instance_id)
    assert stack.guest(instance_id).read("/counter") == b"41"


async def test_memory_that_is_lost_has_it_boot(stack: Stack) -> None:
    instance_id = await _launch(stack)
    await _hibernate(stack, instance_id)
    await stack.guest(instance_id).ensure_memory_dropped()
    await _boots_cold(stack, instance_id, "Nothing is saved of its memory any more.")


async def test_for_want_of_room_it_stays_hibernated(stack: Stack) -> None:
    instance_id = await _launch(stack)
    await _hibernate(stack, instance_id)
    full = HostExhausted("The host has no memory.", way_out=_WAY_OUT)
    stack.driver.fail_next("ensure_resumed", full)
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    told = await stack.instance(instance_id)
    assert told["State"]["Name"] == "stopped"
    assert told["StateReason"]["Message"] == "Server.InternalError: The host has no memory. Ask again."
    await _start(stack, instance_id)
    assert stack.guest(instance_id).read("/counter") == b"41"


async def test_while_a_file_that_it_stands_on_is_missing_it_stays_hibernated(stack: Stack) -> None:
    instance_id = await _launch(stack)
    await _hibernate(stack, instance_id)
    stack.driver.fail_next("present", LayerDamaged("A file is missing.", way_out=_WAY_OUT))
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    told = await stack.instance(instance_id)
    assert told["State"]["Name"] == "stopped"
    assert told["StateReason"]["Message"] == "Server.InternalError: A file is missing. Ask again."
    await _start(stack, instance_id)
    assert stack.guest(instance_id).read("/counter") == b"41"


async def test_what_is_kept_goes_with_a_termination(stack: Stack) -> None:
    instance_id = await _launch(stack)
    await _hibernate(stack, instance_id)
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    told = await _hibernation(stack, instance_id)
    assert (told["resumed_at"], told["ended_at"] is None) == (None, False)
    found = await stack.running.cloud.read(lambda connection: hibernations.of_instance(connection, instance_id))
    assert [one.key for one in found] == [None]
    assert stack.guest(instance_id)._machine().memory is None


async def test_a_stop_of_one_that_is_hibernated_changes_nothing(stack: Stack) -> None:
    instance_id = await _launch(stack)
    await _hibernate(stack, instance_id)
    for hibernate in (True, False):
        (change,) = (await stack.call("StopInstances", InstanceIds=[instance_id], Hibernate=hibernate))[
            "StoppingInstances"
        ]
        assert change["CurrentState"]["Name"] == "stopped"
    await stack.idle()
    await _start(stack, instance_id)
    assert stack.guest(instance_id).read("/counter") == b"41"


@pytest.mark.parametrize("hibernate", [True, False])
async def test_a_stop_while_it_is_saved_takes_nothing_away(tmp_path: Path, *, hibernate: bool) -> None:
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=replace(Timing.instant(), suspension=30))
    async with stack_on(Config(data_dir=tmp_path), driver, clock) as stack:
        instance_id = await _launch(stack)
        await stack.call("StopInstances", InstanceIds=[instance_id], Hibernate=True)
        again = await stack.call("StopInstances", InstanceIds=[instance_id], Hibernate=hibernate)
        assert again["StoppingInstances"][0]["PreviousState"]["Name"] == "stopping"
        await _passes(stack, instance_id, "stopped")
        told = await _hibernation(stack, instance_id)
        assert (told["suspended_at"] is None, told["ended_at"]) == (False, None)
        await stack.call("StartInstances", InstanceIds=[instance_id])
        await _passes(stack, instance_id, "running")
        assert stack.guest(instance_id).read("/counter") == b"41"


async def test_the_key_is_its_own_and_forgotten_once_it_is_used(stack: Stack) -> None:
    ids = [await _launch(stack) for _ in range(2)]
    for instance_id in ids:
        await _hibernate(stack, instance_id)

    async def keys() -> list[bytes | None]:
        return await stack.running.cloud.read(
            lambda connection: [one.key for id in ids for one in hibernations.of_instance(connection, id)]
        )

    first, second = await keys()
    assert first is not None
    assert second is not None
    assert first != second
    assert len(first) == 32
    for instance_id in ids:
        await _start(stack, instance_id)
    assert await keys() == [None, None]


async def _attached(stack: Stack, instance_id: str) -> str:
    volume_id = str((await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1))["VolumeId"])
    await stack.idle()
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    return volume_id
