"""What is asked of fast launch, and what must come of it."""

from typing import Any

from given import BEFORE, FILE, Given, Story
from stack import Stack

_TYPE = "t3.micro"
_MINE = [{"Name": "client-token", "Values": ["mine"]}]
_LEAN = [{"Name": "name", "Values": ["lean"]}]


async def _has_an_image(stack: Stack, given: Given) -> None:
    """There is an image of a root volume alone."""
    root_alone = [{"DeviceName": "/dev/sdf", "NoDevice": ""}]
    await stack.call("CreateImage", InstanceId=given.stopped, Name="lean", BlockDeviceMappings=root_alone)
    await stack.idle()


async def _image(stack: Stack) -> str:
    return str((await stack.call("DescribeImages", Filters=_LEAN))["Images"][0]["ImageId"])


async def _enable(stack: Stack, given: Given) -> None:
    await stack.call("EnableFastLaunch", ImageId=await _image(stack))


async def _has_fast_launch(stack: Stack, given: Given) -> None:
    """There is such an image, and a machine is prepared of it."""
    await _has_an_image(stack, given)
    await _enable(stack, given)
    await stack.idle()


async def _described(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await stack.call("DescribeFastLaunchImages"))["FastLaunchImages"]
    return found


async def _enable_failed(stack: Stack, given: Given) -> str | None:
    (found,) = await _described(stack)
    if found["State"] == "enabling-failed":
        assert not stack.driver.world.prepared
        await _enable(stack, given)  # asked again, it comes about
        await stack.idle()
        assert [one["State"] for one in await _described(stack)] == ["enabled"]
        return str(found["StateTransitionReason"])
    assert found["State"] == "enabled"
    instance_id = await stack.launch(ImageId=await _image(stack), InstanceType=_TYPE)
    (boot,) = await stack.boots(instance_id, 1)
    assert boot["from_memory"] is True
    assert stack.guest(instance_id).read(FILE) == BEFORE
    return None


async def _disable(stack: Stack, given: Given) -> None:
    await stack.call("DisableFastLaunch", ImageId=await _image(stack))


async def _disable_failed(stack: Stack, given: Given) -> str | None:
    found = await _described(stack)
    if found:
        assert [one["State"] for one in found] == ["disabling-failed"]
        await _disable(stack, given)  # asked again, it goes
        await stack.idle()
    assert await _described(stack) == []
    assert not stack.driver.world.prepared
    return str(found[0]["StateTransitionReason"]) if found else None


async def _launch(stack: Stack, given: Given) -> None:
    one = {"MinCount": 1, "MaxCount": 1, "ClientToken": "mine"}
    await stack.call("RunInstances", ImageId=await _image(stack), InstanceType=_TYPE, **one)


async def _launch_failed(stack: Stack, given: Given) -> str | None:
    (instance,) = (await stack.call("DescribeInstances", Filters=_MINE))["Reservations"][0]["Instances"]
    if instance["State"]["Name"] == "terminated":
        return str(instance["StateReason"]["Message"])
    boots = (await stack.get(f"/_kumoniwa/instances/{instance['InstanceId']}/boots"))["boots"]
    guest, last = stack.guest(instance["InstanceId"]), boots[-1]
    assert last["from_memory"] is (guest.identity is not None)
    assert last["from_memory"] is (last["kernel_started_at"] is None)
    assert last["from_memory"] or last["cold_because"]
    assert guest.read(FILE) == BEFORE
    return None


STORIES: dict[str, Story] = {
    "prepare a machine": Story("prepare_machine", _enable, _enable_failed, before=_has_an_image),
    "disable fast launch": Story("disable_fast_launch", _disable, _disable_failed, before=_has_fast_launch),
    "launch from memory": Story("run_instance", _launch, _launch_failed, before=_has_fast_launch),
}
