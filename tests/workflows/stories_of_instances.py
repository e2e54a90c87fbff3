"""What is asked of instances, and what must come of it."""

import asyncio
from typing import Any

from given import BEFORE, FILE, Given, Story, serial
from life import REFUSAL
from stack import Stack

from kumoniwa.hypervisor.driver import GuestState
from kumoniwa.store import workflows

_MINE = [{"Name": "client-token", "Values": ["mine"]}]


async def _launch(stack: Stack, given: Given) -> None:
    added: list[dict[str, Any]] = [
        {"DeviceName": "/dev/sdm", "Ebs": {"VolumeSize": 1}},
        {"DeviceName": "/dev/sdn", "Ebs": {"SnapshotId": given.snapshot}},
    ]
    await stack.call(
        "RunInstances", ImageId=given.image, MinCount=1, MaxCount=1, ClientToken="mine", BlockDeviceMappings=added
    )


async def _launch_failed(stack: Stack, given: Given) -> str | None:
    (instance,) = (await stack.call("DescribeInstances", Filters=_MINE))["Reservations"][0]["Instances"]
    if instance["State"]["Name"] == "terminated":
        return str(instance["StateReason"]["Message"])
    guest, devices = stack.guest(instance["InstanceId"]), instance["BlockDeviceMappings"]
    by_device = {one["DeviceName"]: one["Ebs"]["VolumeId"] for one in devices}
    assert len(by_device) == 4, "root, the image's, and two more"
    assert {one["Ebs"]["Status"] for one in devices} == {"attached"}
    assert guest.read(FILE) == guest.read(FILE, serial=serial(by_device["/dev/sdn"])) == BEFORE
    return None


async def _start(stack: Stack, given: Given) -> None:
    await stack.call("StartInstances", InstanceIds=[given.stopped])


async def _start_failed(stack: Stack, given: Given) -> str | None:
    instance = await stack.instance(given.stopped)
    if instance["State"]["Name"] == "stopped":
        return str(instance["StateReason"]["Message"])
    return await _lives(stack, given.stopped, ["RunInstances", "StartInstances"])


async def _stop(stack: Stack, given: Given) -> None:
    await stack.call("StopInstances", InstanceIds=[given.instance])


async def _stop_failed(stack: Stack, given: Given) -> None:
    assert (await stack.instance(given.instance))["State"]["Name"] == "stopped"
    await stack.call("StartInstances", InstanceIds=[given.instance])
    await stack.idle()
    assert stack.guest(given.instance).read(FILE) == BEFORE


async def _terminate(stack: Stack, given: Given) -> None:
    await stack.call("TerminateInstances", InstanceIds=[given.instance])


async def _terminate_failed(stack: Stack, given: Given) -> None:
    assert (await stack.instance(given.instance))["State"]["Name"] == "terminated"
    left = {one["VolumeId"] for one in (await stack.call("DescribeVolumes"))["Volumes"]}
    assert left == {given.attached, given.spare, given.stopped_root, given.stopped_data}


async def _reboot(stack: Stack, given: Given) -> None:
    await stack.call("RebootInstances", InstanceIds=[given.instance])


async def _reboot_failed(stack: Stack, given: Given) -> str | None:
    """Nobody is told of a reboot that came to nothing: the guest runs on, or was brought back."""
    boots = (await stack.get(f"/_kumoniwa/instances/{given.instance}/boots"))["boots"]
    assert (await stack.instance(given.instance))["State"]["Name"] == "running"
    return None if [boot["action"] for boot in boots] == ["RunInstances", "RebootInstances"] else REFUSAL


async def _lose(stack: Stack, given: Given) -> None:
    stack.guest(given.instance).die()
    async with asyncio.timeout(10):
        while "recover_instance" not in await _submitted(stack, given.instance):
            await asyncio.sleep(0)
    await stack.running.cloud.engine.wake()  # the follower does it next; here nothing is to end before it has begun


async def _recover_failed(stack: Stack, given: Given) -> str | None:
    boots = (await stack.get(f"/_kumoniwa/instances/{given.instance}/boots"))["boots"]
    assert [boot["cause"] for boot in boots] == ["action", "recovery"]
    return await _lives(stack, given.instance, ["RunInstances", None])


async def _submitted(stack: Stack, instance_id: str) -> set[str]:
    found = await stack.running.cloud.read(lambda connection: workflows.of_subject(connection, instance_id))
    return {one.kind for one in found}


async def _lives(stack: Stack, instance_id: str, boots: list[str | None]) -> None:
    """It runs, and booted as often as it was asked to."""
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    assert await stack.guest(instance_id).observe() is GuestState.RUNNING
    told = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["boots"]
    assert [boot["action"] for boot in told] == boots


STORIES: dict[str, Story] = {
    "launch": Story("run_instance", _launch, _launch_failed),
    "start": Story("start_instance", _start, _start_failed),
    "stop": Story("stop_instance", _stop, _stop_failed),
    "terminate": Story("terminate_instance", _terminate, _terminate_failed, frozenset({"root"})),
    "reboot": Story("reboot_instance", _reboot, _reboot_failed),
    "recover": Story("recover_instance", _lose, _recover_failed),
}
