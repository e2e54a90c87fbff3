"""Cuts for which a running guest's file systems are frozen: asked for by a tag or by the server's setting, and told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stack import Stack, stack_on
from volumes_at_hand import refused, root_of

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing

pytestmark = pytest.mark.anyio


@pytest.fixture
async def freezing(tmp_path: Path) -> AsyncIterator[Stack]:
    """A server that freezes unless told otherwise."""
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant())
    async with stack_on(Config(data_dir=tmp_path, freeze=True), driver, clock) as stack:
        yield stack


def tagged(value: str, kind: str = "snapshot") -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": [{"Key": "kumoniwa:freeze", "Value": value}]}]}


async def cut(stack: Stack, instance_id: str, action: str, **parameters: Any) -> dict[str, Any]:
    """What is told of the snapshot that the action makes of the instance's root volume."""
    if action == "CreateSnapshot":
        made = await stack.call(action, VolumeId=await root_of(stack, instance_id), **parameters)
        snapshot_id = made["SnapshotId"]
    elif action == "CreateSnapshots":
        made = await stack.call(action, InstanceSpecification={"InstanceId": instance_id}, **parameters)
        snapshot_id = made["Snapshots"][0]["SnapshotId"]
    else:
        made = await stack.call(action, InstanceId=instance_id, Name="golden", NoReboot=True, **parameters)
        (image,) = (await stack.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"]
        snapshot_id = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    await stack.idle()
    told = await stack.get(f"/_kumoniwa/snapshots/{snapshot_id}")
    assert told["state"] == "completed"
    if action == "CreateImage":
        of_image = await stack.get(f"/_kumoniwa/images/{made['ImageId']}")
        for member in ("consistency", "detail", "frozen_ms"):
            assert of_image[member] == told[member]
    return told


ACTIONS = ("CreateSnapshot", "CreateSnapshots", "CreateImage")


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_tag_asks_for_frozen_file_systems(stack: Stack, action: str) -> None:
    instance_id = await stack.launch()
    stack.guest(instance_id).write("/unsynced", b"flushed by the freeze")
    told = await cut(stack, instance_id, action, **tagged("true"))
    assert told["consistency"] == "frozen"
    assert told["frozen_ms"] is not None
    assert "frozen" in told["detail"]
    assert not stack.guest(instance_id).is_frozen


@pytest.mark.parametrize("action", ACTIONS)
async def test_without_the_tag_nothing_is_frozen(stack: Stack, action: str) -> None:
    told = await cut(stack, await stack.launch(), action)
    assert (told["consistency"], told["frozen_ms"]) == ("crash-consistent", None)


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_agent_that_does_not_answer_leaves_the_cut_crash_consistent_and_is_told(
    stack: Stack, action: str
) -> None:
    instance_id = await stack.launch()
    stack.guest(instance_id).agent_answers = False
    told = await cut(stack, instance_id, action, **tagged("true"))
    assert (told["consistency"], told["frozen_ms"]) == ("crash-consistent", None)
    assert "agent" in told["detail"]


@pytest.mark.parametrize("action", ACTIONS)
async def test_the_server_may_freeze_for_all_but_those_that_say_no(freezing: Stack, action: str) -> None:
    instance_id = await freezing.launch()
    assert (await cut(freezing, instance_id, action))["consistency"] == "frozen"
    if action == "CreateImage":
        (image,) = (await freezing.call("DescribeImages", Filters=[{"Name": "name", "Values": ["golden"]}]))["Images"]
        await freezing.call("DeregisterImage", ImageId=image["ImageId"])
    assert (await cut(freezing, instance_id, action, **tagged("false")))["consistency"] == "crash-consistent"


async def test_an_image_may_ask_by_its_own_tag_and_needs_none_with_a_reboot(stack: Stack) -> None:
    instance_id = await stack.launch()
    assert (await cut(stack, instance_id, "CreateImage", **tagged("true", "image")))["consistency"] == "frozen"
    rebooted = await stack.call("CreateImage", InstanceId=instance_id, Name="rebooted", **tagged("true", "image"))
    await stack.idle()
    told = await stack.get(f"/_kumoniwa/images/{rebooted['ImageId']}")
    assert (told["consistency"], told["frozen_ms"]) == ("at-rest", None)


async def test_a_stopped_guest_has_nothing_to_freeze(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    told = await cut(stack, instance_id, "CreateSnapshots", **tagged("true"))
    assert (told["consistency"], told["frozen_ms"]) == ("at-rest", None)


async def test_a_cut_that_fails_leaves_nothing_frozen(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.driver.fail_next("ensure_cut", DriverError("No.", way_out="Ask again."))
    asked = {"InstanceSpecification": {"InstanceId": instance_id}, **tagged("true")}
    (made,) = (await stack.call("CreateSnapshots", **asked))["Snapshots"]
    await stack.idle()
    assert (await stack.get(f"/_kumoniwa/snapshots/{made['SnapshotId']}"))["state"] == "error"
    assert not stack.guest(instance_id).is_frozen


async def test_another_word_is_refused(stack: Stack) -> None:
    instance_id = await stack.launch()
    with refused("InvalidParameterValue", "Value (maybe) for tag kumoniwa:freeze is invalid. It is true or false."):
        await stack.call("CreateImage", InstanceId=instance_id, Name="golden", **tagged("maybe", "image"))
