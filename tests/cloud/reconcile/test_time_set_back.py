"""The host's time is set back or forward: what came first, and how long something took, does not depend on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from direct import DirectCaller
from stack import Stack, stack_on

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.model.consistency import Consistency
from kumoniwa.model.instances import Reachability
from kumoniwa.reconcile import time
from kumoniwa.reconcile.time import Housekeeping
from kumoniwa.store import boots, instances, snapshots

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
STEPS = [-HOUR, timedelta(), HOUR]


class Cloud:
    """A cloud that can be restarted on the same host, its time set meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.world, self.config = SimulatedWorld(), Config(data_dir=folder)
        self.time = datetime.now(UTC)

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Stack]:
        clock = ManualClock(self.time)
        driver = SimulatedDriver(clock, timing=Timing.instant(), world=self.world)
        async with stack_on(self.config, driver, clock) as stack:
            stack.caller = DirectCaller(stack.running)
            yield stack
            self.time = clock.now()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("attached", ["while it ran", "after its end"])
async def test_a_volume_is_at_rest_if_the_guest_had_it_when_it_shut_down(
    tmp_path: Path, step: timedelta, attached: str, *, restarted: bool
) -> None:
    cloud = Cloud(tmp_path)
    async with cloud.life() as stack:
        instance_id = await stack.launch()
        of_image = (await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
        snapshot_id = (await stack.call("CreateSnapshot", VolumeId=of_image))["SnapshotId"]
        await stack.idle()
        asked = {"AvailabilityZone": "us-east-1a", "SnapshotId": snapshot_id}  # cut while it ran: not at rest
        volume_id = (await stack.call("CreateVolume", **asked))["VolumeId"]
        await stack.idle()
        attach = partial(stack.call, "AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        if attached == "while it ran":
            await attach()
            await stack.idle()
            stack.clock.set_forward(step)
        await stack.call("StopInstances", InstanceIds=[instance_id])
        await stack.idle()
        if attached == "after its end":
            stack.clock.set_forward(step)
            await attach()
            await stack.idle()
        if not restarted:
            await _cut_and_compare(stack, instance_id, volume_id, attached)
    if restarted:
        async with cloud.life() as stack:
            await _cut_and_compare(stack, instance_id, volume_id, attached)


async def _cut_and_compare(stack: Stack, instance_id: str, volume_id: str, attached: str) -> None:
    specification = {"InstanceId": instance_id}
    made = (await stack.call("CreateSnapshots", InstanceSpecification=specification))["Snapshots"]
    await stack.idle()
    database = stack.running.cloud.world.database
    found = {
        one["VolumeId"]: await database.read(partial(snapshots.get, snapshot_id=one["SnapshotId"])) for one in made
    }
    for each, snapshot in found.items():
        assert snapshot is not None
        at_rest = each != volume_id or attached == "while it ran"
        assert (snapshot.consistency is Consistency.AT_REST) == at_rest, (each, snapshot.consistency_detail)


async def test_a_lost_guest_is_brought_back_after_the_time_was_set_back(tmp_path: Path) -> None:
    """Three times in a minute it is brought back at once: what lies an hour ahead is not of this minute."""
    async with Cloud(tmp_path).life() as stack:
        instance_id = await stack.launch()
        for _ in range(3):
            stack.guest(instance_id).die()
            await stack.idle()
            await stack.clock.advance(10)
        stack.clock.set_forward(-HOUR)
        stack.guest(instance_id).die()
        await stack.idle()
        found = await stack.running.cloud.world.database.read(partial(boots.of_instance, instance_id=instance_id))
        assert len(found) == 5
        assert found[-1].ended_at is None


@pytest.mark.parametrize("step", STEPS)
async def test_a_guest_that_never_answers_is_impaired_after_ten_minutes(tmp_path: Path, step: timedelta) -> None:
    async with Cloud(tmp_path).life() as stack:
        instance_id = await stack.launch()
        database = stack.running.cloud.world.database
        silent = partial(instances.change, instance_id=instance_id, reachability=Reachability.INITIALIZING)
        await database.write(silent)
        housekeeping = Housekeeping(stack.running.cloud.world)
        await housekeeping.go_round()
        stack.clock.set_forward(step)

        async def reachability() -> Reachability:
            await housekeeping.go_round()
            instance = await database.read(partial(instances.get, instance_id=instance_id))
            assert instance is not None
            return instance.reachability

        await stack.clock.advance(time.INITIALIZING_AT_MOST - 1)
        assert await reachability() is Reachability.INITIALIZING
        await stack.clock.advance(1)
        assert await reachability() is Reachability.IMPAIRED
