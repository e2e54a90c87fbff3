"""Instances from launch to termination, as callers of the API see them."""

import asyncio
import re
from functools import partial

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.store import instances

pytestmark = pytest.mark.anyio


async def test_a_launched_instance_is_pending_at_once_and_running_when_its_guest_boots(stack: Stack) -> None:
    image = (await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"]
    launched = await stack.call("RunInstances", ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    instance = launched["Instances"][0]
    assert instance["State"] == {"Code": 0, "Name": "pending"}
    await stack.idle()
    running = await stack.instance(instance["InstanceId"])
    assert running["State"]["Name"] == "running"
    assert running["PrivateIpAddress"].startswith("172.31.")
    assert running["PublicIpAddress"].startswith("127.")
    assert [device["Ebs"]["Status"] for device in running["BlockDeviceMappings"]] == ["attached"]


async def test_stop_protection_refuses_to_stop_and_nothing_happens_in_the_guest(stack: Stack) -> None:
    instance_id = await stack.launch()
    boot_id = stack.guest(instance_id).boot_id
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, DisableApiStop={"Value": True})
    with pytest.raises(Refused) as refused:
        await stack.call("StopInstances", InstanceIds=[instance_id])
    assert refused.value.code == "OperationNotPermitted"
    assert refused.value.message == (
        f"The instance '{instance_id}' may not be stopped. "
        "Modify its 'disableApiStop' instance attribute and try again."
    )
    await stack.idle()
    assert stack.guest(instance_id).boot_id == boot_id


async def test_a_reboot_is_allowed_under_stop_protection_and_keeps_the_state(stack: Stack) -> None:
    instance_id = await stack.launch(DisableApiStop=True)
    before = await stack.instance(instance_id)
    boot_id = stack.guest(instance_id).boot_id
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    await stack.idle()
    assert await stack.instance(instance_id) == before
    assert stack.guest(instance_id).boot_id != boot_id
    assert "systemd-shutdown[1]: Syncing filesystems and block devices." in stack.guest(instance_id).messages()


async def test_stop_and_start_keep_the_volumes_and_change_launch_time_and_public_address(stack: Stack) -> None:
    instance_id = await stack.launch()
    before = await stack.instance(instance_id)
    stopping = await stack.call("StopInstances", InstanceIds=[instance_id])
    assert stopping["StoppingInstances"][0]["CurrentState"]["Name"] == "stopping"
    await stack.idle()
    stopped = await stack.instance(instance_id)
    assert stopped["State"]["Name"] == "stopped"
    assert stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert stopped["StateTransitionReason"].startswith("User initiated (")
    assert stopped["StateTransitionReason"].endswith(" GMT)")
    assert "PublicIpAddress" not in stopped
    await stack.clock.advance(1)
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    started = await stack.instance(instance_id)
    assert started["State"]["Name"] == "running"
    assert started["StateTransitionReason"] == ""
    assert "StateReason" not in started
    assert started["LaunchTime"] > before["LaunchTime"]
    assert started["PublicIpAddress"] != before["PublicIpAddress"]
    assert started["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert started["BlockDeviceMappings"] == before["BlockDeviceMappings"]


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"DisableApiStop": True}, "disableApiStop"),
        ({"DisableApiTermination": True}, "disableApiTermination"),
        ({"DisableApiStop": True, "DisableApiTermination": True}, "disableApiTermination"),
    ],
)
async def test_either_protection_refuses_to_terminate(stack: Stack, attributes: dict[str, bool], named: str) -> None:
    instance_id = await stack.launch(**attributes)
    with pytest.raises(Refused) as refused:
        await stack.call("TerminateInstances", InstanceIds=[instance_id])
    assert refused.value.message == (
        f"The instance '{instance_id}' may not be terminated. Modify its '{named}' instance attribute and try again."
    )
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"


async def test_a_protected_instance_keeps_its_zone_and_not_the_others(stack: Stack) -> None:
    here = await stack.launch(Placement={"AvailabilityZone": "us-east-1a"})
    protected = await stack.launch(Placement={"AvailabilityZone": "us-east-1a"}, DisableApiTermination=True)
    there = await stack.launch(Placement={"AvailabilityZone": "us-east-1b"})
    with pytest.raises(Refused):
        await stack.call("TerminateInstances", InstanceIds=[here, protected, there])
    await stack.idle()
    states = {one: (await stack.instance(one))["State"]["Name"] for one in (here, protected, there)}
    assert states == {here: "running", protected: "running", there: "terminated"}


async def test_a_terminated_instance_is_told_for_an_hour_and_its_root_volume_goes(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    again = await stack.call("TerminateInstances", InstanceIds=[instance_id])
    assert again["TerminatingInstances"][0]["PreviousState"]["Name"] == "terminated"
    terminated = await stack.instance(instance_id)
    assert terminated["State"]["Name"] == "terminated"
    assert "PublicIpAddress" not in terminated
    assert (await stack.call("DescribeVolumes"))["Volumes"] == []
    row = partial(instances.get, instance_id=instance_id)
    await stack.clock.advance(3500)
    assert await stack.running.cloud.read(row) is not None
    async with asyncio.timeout(10):  # the rounds of housekeeping take turns with the clock
        while await stack.running.cloud.read(row) is not None:
            await stack.clock.advance(60)
            await stack.written()


@pytest.mark.parametrize(("behavior", "state"), [("stop", "stopped"), ("terminate", "terminated")])
async def test_a_guest_that_powers_itself_off_is_followed_in_spite_of_protection(
    stack: Stack, behavior: str, state: str
) -> None:
    instance_id = await stack.launch(
        DisableApiStop=True, DisableApiTermination=True, InstanceInitiatedShutdownBehavior=behavior
    )
    stack.guest(instance_id).power_off_from_inside()
    await stack.state(instance_id, state)
    instance = await stack.instance(instance_id)
    assert instance["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"


async def test_a_guest_that_dies_is_recovered_with_the_same_addresses(stack: Stack) -> None:
    instance_id = await stack.launch()
    before = await stack.instance(instance_id)
    boot_id = stack.guest(instance_id).boot_id
    stack.guest(instance_id).die()
    boots = await stack.boots(instance_id, 2)
    assert boots[1]["cause"] == "recovery"
    await stack.idle()
    assert stack.guest(instance_id).boot_id != boot_id
    assert await stack.instance(instance_id) == before


async def test_create_image_reboots_around_the_cut_and_the_image_holds_the_disks_at_rest(stack: Stack) -> None:
    instance_id = await stack.launch(DisableApiStop=True)
    before = await stack.instance(instance_id)
    boot_id = stack.guest(instance_id).boot_id
    stack.guest(instance_id).write("/marker", b"before", sync=False)
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    assert await stack.instance(instance_id) == before
    await stack.idle()
    image = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
    assert image["State"] == "available"
    assert await stack.instance(instance_id) == before
    assert stack.guest(instance_id).boot_id != boot_id
    truth = await stack.get(f"/_kumoniwa/images/{image_id}")
    assert truth["consistency"] == "at-rest"
    copy = await stack.launch(ImageId=image_id)
    assert stack.guest(copy).read("/marker") == b"before"


async def test_create_image_with_no_reboot_leaves_the_guest_running(stack: Stack) -> None:
    instance_id = await stack.launch()
    boot_id = stack.guest(instance_id).boot_id
    stack.guest(instance_id).write("/unsynced", b"in memory", sync=False)
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="live", NoReboot=True))["ImageId"]
    await stack.idle()
    assert stack.guest(instance_id).boot_id == boot_id
    truth = await stack.get(f"/_kumoniwa/images/{image_id}")
    assert truth["consistency"] == "crash-consistent"
    copy = await stack.launch(ImageId=image_id)
    with pytest.raises(FileNotFoundError):
        stack.guest(copy).read("/unsynced")


async def test_boots_tell_their_cause_and_request(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("CreateImage", InstanceId=instance_id, Name="golden")
    await stack.idle()
    boots = await stack.boots(instance_id, 3)
    assert [boot["action"] for boot in boots] == ["RunInstances", "RebootInstances", "CreateImage"]
    assert [boot["end_action"] for boot in boots] == ["RebootInstances", "CreateImage", None]
    assert [boot["end_clean"] for boot in boots] == [True, True, None]
    assert len({boot["request_id"] for boot in boots}) == 3
    assert boots[2]["cut_seconds"] is not None


async def test_a_client_token_launches_once(stack: Stack) -> None:
    image = (await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"]
    asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "ClientToken": "once"}
    first = await stack.call("RunInstances", **asked)
    second = await stack.call("RunInstances", **asked)
    assert second["Instances"][0]["InstanceId"] == first["Instances"][0]["InstanceId"]
    assert len((await stack.call("DescribeInstances"))["Reservations"]) == 1
    with pytest.raises(Refused) as refused:
        await stack.call("RunInstances", **{**asked, "InstanceType": "t3.small"})
    assert refused.value.code == "IdempotentParameterMismatch"
    await stack.idle()


async def test_the_current_state_is_written_before_the_previous_one(stack: Stack) -> None:
    instance_id = await stack.launch()
    for action, current, previous in (
        ("StopInstances", "stopping", "running"),
        ("StartInstances", "pending", "stopped"),
        ("TerminateInstances", "shutting-down", "running"),
    ):
        answer = await stack.caller.post(f"Action={action}&Version=2016-11-15&InstanceId.1={instance_id}")
        names = re.findall("<(currentState|previousState)>.*?<name>(.*?)</name>", answer.text)
        assert names == [("currentState", current), ("previousState", previous)]
        await stack.idle()
