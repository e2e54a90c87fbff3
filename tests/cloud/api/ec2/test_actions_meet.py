"""Actions that hurry what goes on already, and those on an instance that is still pending.

The guest does not hear its power button, so that what comes first waits as long as the test wants it to.
"""

import asyncio
from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

BY_IDS = {"StopInstances", "TerminateInstances", "StartInstances", "RebootInstances"}
STOPPING = "stopping"


async def _ask(stack: Stack, action: str, instance_id: str, **parameters: Any) -> dict[str, Any]:
    if action in BY_IDS:
        return await stack.call(action, InstanceIds=[instance_id], **parameters)
    return await stack.call(action, InstanceId=instance_id, Name=f"image of {instance_id}", **parameters)


async def _under_way(stack: Stack, action: str, **parameters: Any) -> str:
    """An instance on whose guest this action waits."""
    instance_id = await stack.launch(**parameters)
    stack.guest(instance_id).ignore_power_button = True
    asked = asyncio.Event()

    async def reached(method: str) -> None:
        if method in ("ensure_shut_down", "ensure_off"):
            asked.set()

    stack.driver.faults.hook = reached
    await _ask(stack, action, instance_id)
    async with asyncio.timeout(10):
        await asked.wait()
    return instance_id


async def _end(stack: Stack, instance_id: str) -> str:
    """Let the guest go down at last, and hear its power button from then on; gives the state in the end."""
    guest = stack.guest(instance_id)
    guest.ignore_power_button = False
    guest.power_off_from_inside()
    await stack.idle()
    state: str = (await stack.instance(instance_id))["State"]["Name"]
    return state


@pytest.mark.parametrize(
    ("first", "second", "end"),
    [
        ("StopInstances", "StopInstances", "stopped"),
        ("StopInstances", "TerminateInstances", "terminated"),
        ("TerminateInstances", "TerminateInstances", "terminated"),
    ],
)
async def test_skip_os_shutdown_cuts_off_a_guest_that_is_being_shut_down(
    stack: Stack, first: str, second: str, end: str
) -> None:
    instance_id = await _under_way(stack, first)
    await _ask(stack, second, instance_id, SkipOsShutdown=True)
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == end
    assert [boot["end_clean"] for boot in await stack.boots(instance_id, 1)] == [False]


async def test_an_instance_cut_off_so_starts_again(stack: Stack) -> None:
    instance_id = await _under_way(stack, "StopInstances")
    await _ask(stack, "StopInstances", instance_id, SkipOsShutdown=True)
    await stack.idle()
    await _ask(stack, "StartInstances", instance_id)
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"


@pytest.mark.parametrize("first", ["CreateImage", "RebootInstances"])
async def test_skip_os_shutdown_hurries_nobody_but_who_ends_the_guest(stack: Stack, first: str) -> None:
    instance_id = await _under_way(stack, first)
    await _ask(stack, "StopInstances", instance_id, SkipOsShutdown=True)
    assert stack.guest(instance_id).boot_id is not None
    assert await _end(stack, instance_id) == "stopped"
    assert len(await stack.boots(instance_id, 2)) == 2


async def test_force_gives_the_guest_the_time_that_it_has_anyway(stack: Stack) -> None:
    instance_id = await _under_way(stack, "StopInstances")
    await _ask(stack, "StopInstances", instance_id, Force=True)
    assert (await stack.instance(instance_id))["State"]["Name"] == STOPPING
    assert await _end(stack, instance_id) == "stopped"


async def test_a_pending_instance_can_be_terminated_and_not_be_stopped_rebooted_or_imaged(stack: Stack) -> None:
    may_start = asyncio.Event()

    async def hold(method: str) -> None:
        if method == "ensure_running":
            await may_start.wait()

    stack.driver.faults.hook = hold
    image = (await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"]
    launched = await stack.call("RunInstances", ImageId=image, MinCount=1, MaxCount=1)
    instance_id = launched["Instances"][0]["InstanceId"]
    codes = {}
    for action in ("StopInstances", "RebootInstances", "CreateImage"):
        assert (await stack.instance(instance_id))["State"]["Name"] == "pending"
        with pytest.raises(Refused) as refused:
            await _ask(stack, action, instance_id)
        codes[action] = (refused.value.code, refused.value.message)
    assert codes["StopInstances"] == (
        "IncorrectInstanceState",
        f"Instance '{instance_id}' cannot be stopped as it has never reached the 'running' state.",
    )
    assert codes["RebootInstances"][0] == "IncorrectInstanceState"
    assert codes["CreateImage"][0] == "InvalidParameterValue"
    await _ask(stack, "TerminateInstances", instance_id)
    may_start.set()
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "terminated"
