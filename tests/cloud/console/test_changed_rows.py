"""Pages read only the instances that the server names: so it names every one whose description or status is another."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from stack import Stack
from waiting import turns_until

from kumoniwa.store.changes import MOST_NAMED, Changed, Gathered

pytestmark = pytest.mark.anyio


class Watched:
    """What pages read of instances, and what a page would have been told since."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._told = Gathered()
        self._loop = asyncio.get_running_loop()
        stack.running.cloud.world.database.changes.follow(self._committed)

    def _committed(self, changed: Changed) -> None:
        self._loop.call_soon_threadsafe(self._heard, changed)

    def _heard(self, changed: Changed) -> None:
        for table, ids in changed.items():
            self._told.add(table, ids)

    async def shown(self) -> dict[str, Any]:
        """By id, all that the page of instances shows."""
        found = await self._stack.call("DescribeInstances")
        status = await self._stack.call("DescribeInstanceStatus", IncludeAllInstances=True)
        statuses = {one["InstanceId"]: one for one in status["InstanceStatuses"]}
        return {
            one["InstanceId"]: (one, statuses[one["InstanceId"]])
            for reservation in found["Reservations"]
            for one in reservation["Instances"]
        }

    async def changed_by(self, act: Callable[[], Awaitable[Any]]) -> None:
        """Do something, let everything follow from it, and hold what is another now against what was told."""
        before, told = await self.shown(), set[str]()
        self._told.take()
        await act()
        await self._stack.idle()
        after = await self.shown()
        others = {id for id in before.keys() | after.keys() if before.get(id) != after.get(id)}
        assert others, "nothing of it is shown"

        def is_told() -> bool:  # the writer's thread tells after it has answered
            ids = self._told.take().get("instances", frozenset())
            assert ids is not None, "which instances is not named"
            told.update(ids)
            return told >= others

        await turns_until(is_told)


async def test_every_instance_that_is_shown_otherwise_is_named(stack: Stack) -> None:
    one, other = await stack.launch(), await stack.launch()
    watched, call = Watched(stack), stack.call
    group = (await call("CreateSecurityGroup", GroupName="web", Description="of the web"))["GroupId"]
    zone = (await stack.instance(one))["Placement"]["AvailabilityZone"]
    volume = (await call("CreateVolume", AvailabilityZone=zone, Size=1))["VolumeId"]
    await stack.idle()
    name = [{"Key": "Name", "Value": "web"}]
    for act in (
        lambda: call("CreateTags", Resources=[one, other], Tags=name),
        lambda: call("DeleteTags", Resources=[one], Tags=name),
        lambda: call("AttachVolume", InstanceId=one, VolumeId=volume, Device="/dev/sdf"),
        lambda: call("DetachVolume", VolumeId=volume),
        lambda: call("ModifyInstanceAttribute", InstanceId=one, Groups=[group]),
        lambda: call("MonitorInstances", InstanceIds=[one]),
        lambda: call("StopInstances", InstanceIds=[one]),
        lambda: call("StartInstances", InstanceIds=[one]),
        lambda: call("CreateReplaceRootVolumeTask", InstanceId=one, DeleteReplacedRootVolume=True),
        stack.launch,
        lambda: call("TerminateInstances", InstanceIds=[other]),
    ):
        await watched.changed_by(act)


async def test_a_volume_and_a_snapshot_that_are_no_more_are_named(stack: Stack) -> None:
    call = stack.call
    zone = (await stack.instance(await stack.launch()))["Placement"]["AvailabilityZone"]
    volume = (await call("CreateVolume", AvailabilityZone=zone, Size=1))["VolumeId"]
    await stack.idle()
    snapshot = (await call("CreateSnapshot", VolumeId=volume))["SnapshotId"]
    await stack.idle()
    heard: list[Changed] = []
    stack.running.cloud.world.database.changes.follow(heard.append)
    await call("DeleteVolume", VolumeId=volume)
    await call("DeleteSnapshot", SnapshotId=snapshot)
    told = [(table, ids) for changed in heard for table, ids in changed.items()]
    assert ("volumes", frozenset({volume})) in told
    assert ("snapshots", frozenset({snapshot})) in told


async def test_a_change_of_more_than_can_be_named_is_one_of_the_whole_table(stack: Stack) -> None:
    heard: list[Changed] = []
    stack.running.cloud.world.database.changes.follow(heard.append)
    await stack.launch(MinCount=MOST_NAMED + 1, MaxCount=MOST_NAMED + 1, InstanceType="t3.nano")
    assert None in [changed["instances"] for changed in heard if "instances" in changed]
