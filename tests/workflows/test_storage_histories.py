"""Whatever happens to volumes, snapshots, images and servers, in whatever order: what was written before a cut is in
the snapshot, what was written after it is not, and deletes take nothing from anybody else."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from asgi import Refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from life import Life, Points, ended, whole
from stack import Stack

from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.driver import GuestLost, GuestState, LayerId
from kumoniwa.store import snapshots, volumes

_FILE = "/written"
_LEGAL = {
    "volumes": {"available", "in-use", "error"},
    "snapshots": {"completed", "error"},
    "images": {"available", "failed", "disabled"},
    "instances": {"running", "stopped", "terminated"},
}


class NothingThere(Exception):
    """There is nothing that could be acted on."""


class Storage:
    """A cloud's storage as its user knows it: what each volume holds, and what each snapshot may hold."""

    def __init__(self, life: Life, choose: random.Random, patch: pytest.MonkeyPatch) -> None:
        self.life, self.choose, self._patch = life, choose, patch
        self.instances: list[str] = []
        self.images: list[str] = []
        self.holds: dict[str, bytes | None] = {}  # volume → what was written to it last
        self.may_hold: dict[str, set[bytes | None]] = {}  # snapshot → what was there, or came before its cut
        self._cutting: dict[str, str] = {}  # snapshot → volume, while the cut may not have been made
        self._writes = 0
        self._server = AsyncExitStack()
        self.points = Points()
        self.stack: Stack

    async def start(self) -> None:
        self.points = Points(armed=True)
        self.stack = await self._server.enter_async_context(self.life.server(self.points, self._patch))
        compaction = self.stack.running.cloud.compaction
        compaction._longest, compaction._left = 3, 2

    async def end(self) -> None:
        await self._server.aclose()
        self._server = AsyncExitStack()

    def crash_soon(self) -> None:
        """The server dies at one of the next points that a story passes."""
        self.points.crash_at = self.points.passed + self.choose.randint(1, 25)

    async def go_on(self) -> None:
        """Where the server died, another one takes its place."""
        if self.points.crashed.is_set():
            await self.end()
            await self.start()

    async def launch(self) -> None:
        found = (await self.stack.call("DescribeImages", Owners=["self"]))["Images"]
        ready = [image for image in found if image["State"] == "available"]
        image = self._any(ready)
        extra = [{"DeviceName": f"/dev/sd{self.choose.choice('jk')}", "Ebs": {"VolumeSize": 1}}]
        told = await self.stack.call(
            "RunInstances", ImageId=image["ImageId"], MinCount=1, MaxCount=1, BlockDeviceMappings=extra
        )
        self.instances.append(told["Instances"][0]["InstanceId"])

    async def write(self) -> None:
        instance_id = self._instance()
        attached = (await self.stack.instance(instance_id))["BlockDeviceMappings"]
        volume_id = self._any(attached)["Ebs"]["VolumeId"]
        self._writes += 1
        written = f"write {self._writes}".encode()
        self.stack.guest(instance_id).write(_FILE, written, serial=volume_id.replace("-", ""), sync=True)
        self.holds[volume_id] = written
        for snapshot_id, volume in self._cutting.items():
            if volume == volume_id:
                self.may_hold[snapshot_id].add(written)

    async def snapshot(self) -> None:
        volume_id = await self._volume()
        await self._learn(volume_id)
        told = await self.stack.call("CreateSnapshot", VolumeId=volume_id)
        self._is_cut(told["SnapshotId"], volume_id)

    async def snapshots(self) -> None:
        instance_id = self._instance()
        for device in (await self.stack.instance(instance_id))["BlockDeviceMappings"]:
            await self._learn(device["Ebs"]["VolumeId"])
        told = await self.stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id})
        for one in told["Snapshots"]:
            self._is_cut(one["SnapshotId"], one["VolumeId"])

    async def image(self) -> None:
        instance_id, no_reboot = self._instance(), self.choose.random() < 0.5
        for device in (await self.stack.instance(instance_id))["BlockDeviceMappings"]:
            await self._learn(device["Ebs"]["VolumeId"])
        name = f"image {len(self.images)}"
        told = await self.stack.call("CreateImage", InstanceId=instance_id, Name=name, NoReboot=no_reboot)
        self.images.append(told["ImageId"])
        words = f"Created by CreateImage({instance_id}) for {told['ImageId']}*"
        made = await self.stack.call("DescribeSnapshots", Filters=[{"Name": "description", "Values": [words]}])
        for one in made["Snapshots"]:
            self._is_cut(one["SnapshotId"], one["VolumeId"])

    async def create_volume(self) -> None:
        done = await self._completed()
        source = {"SnapshotId": self.choose.choice(done)} if done and self.choose.random() < 0.7 else {"Size": 1}
        zone = (await self.stack.call("DescribeAvailabilityZones"))["AvailabilityZones"][0]["ZoneName"]
        await self.stack.call("CreateVolume", AvailabilityZone=zone, **source)

    async def attach(self) -> None:
        found = (await self.stack.call("DescribeVolumes"))["Volumes"]
        free = [one["VolumeId"] for one in found if one["State"] == "available"]
        if free:
            device = f"/dev/sd{self.choose.choice('fghi')}"
            await self.stack.call(
                "AttachVolume", VolumeId=self.choose.choice(free), InstanceId=self._instance(), Device=device
            )

    async def detach(self) -> None:
        await self.stack.call("DetachVolume", VolumeId=await self._volume(), Force=self.choose.random() < 0.3)

    async def grow(self) -> None:
        await self.stack.call("ModifyVolume", VolumeId=await self._volume(), Size=self.choose.randint(1, 9))

    async def delete_volume(self) -> None:
        await self.stack.call("DeleteVolume", VolumeId=await self._volume())

    async def delete_snapshot(self) -> None:
        found = (await self.stack.call("DescribeSnapshots", OwnerIds=["self"]))["Snapshots"]
        if found:
            await self.stack.call("DeleteSnapshot", SnapshotId=self.choose.choice(found)["SnapshotId"])

    async def deregister(self) -> None:
        if self.images:
            gone = self.images.pop(self.choose.randrange(len(self.images)))
            await self.stack.call("DeregisterImage", ImageId=gone, DeleteAssociatedSnapshots=self.choose.random() < 0.5)

    async def compact(self) -> None:
        """Chains are shortened; also by themselves, after cuts."""
        await self.stack.running.cloud.compaction.go_round()

    async def stop(self) -> None:
        await self.stack.call("StopInstances", InstanceIds=[self._instance()])

    async def start_again(self) -> None:
        await self.stack.call("StartInstances", InstanceIds=[self._instance()])

    async def reboot(self) -> None:
        await self.stack.call("RebootInstances", InstanceIds=[self._instance()])

    async def terminate(self) -> None:
        await self.stack.call("TerminateInstances", InstanceIds=[self._instance()])

    async def die(self) -> None:
        self.stack.guest(self._instance()).die()

    async def rest(self) -> None:
        """Everything under way comes to its end, or the server to its own."""
        await ended(self.stack, self.points)
        if not self.points.crashed.is_set():
            self._cutting.clear()

    async def settle(self) -> None:
        """A server that nothing befalls brings everything to its end."""
        await self.end()
        await self.start()
        self.points.armed = False
        async with asyncio.timeout(60):
            while not await self._at_rest():
                await asyncio.sleep(0.01)
        self._cutting.clear()

    async def check(self) -> None:
        """Every snapshot that is told of holds what it may hold, and nothing is between two states."""
        await whole(self.stack)
        for one in (await self.stack.call("DescribeSnapshots", OwnerIds=["self"]))["Snapshots"]:
            if one["State"] == "completed" and one["SnapshotId"] in self.may_hold:
                held = await self._held(one["SnapshotId"])
                assert held in self.may_hold[one["SnapshotId"]], f"{one}: {held!r}"
        for resource, action, member in (
            ("volumes", "DescribeVolumes", "Volumes"),
            ("snapshots", "DescribeSnapshots", "Snapshots"),
            ("images", "DescribeImages", "Images"),
        ):
            found = (await self.stack.call(action, **({} if resource == "volumes" else _OWN[resource])))[member]
            assert {one["State"] for one in found} <= _LEGAL[resource], found

    async def delete_everything(self) -> None:
        """In a random order; each of the others must hold what it held."""
        for instance_id in self.instances:
            await self.stack.call("TerminateInstances", InstanceIds=[instance_id])
        await self.stack.idle()
        found = (await self.stack.call("DescribeSnapshots", OwnerIds=["self"]))["Snapshots"]
        held = {one["SnapshotId"]: await self._held(one["SnapshotId"]) for one in found if one["State"] == "completed"}
        for image_id in self.images:
            await self.stack.call("DeregisterImage", ImageId=image_id)
        deletes = [("DeleteSnapshot", "SnapshotId", one["SnapshotId"]) for one in found if self._is_ours(one)]
        deletes += [
            ("DeleteVolume", "VolumeId", one["VolumeId"])
            for one in (await self.stack.call("DescribeVolumes"))["Volumes"]
        ]
        self.choose.shuffle(deletes)
        for action, member, resource_id in deletes:
            await self.stack.call(action, **{member: resource_id})
            held.pop(resource_id, None)
            await self.stack.idle()
            for snapshot_id, before in held.items():
                assert await self._held(snapshot_id) == before, f"{action} {resource_id} took from {snapshot_id}"
        await whole(self.stack)
        left = await self.stack.driver.disks.all_layers()
        assert len(left) == len(held), "only what the cloud began with is left"

    def _is_ours(self, snapshot: dict[str, Any]) -> bool:
        return snapshot["SnapshotId"] in self.may_hold

    async def _held(self, snapshot_id: str) -> bytes | None:
        found = await self.stack.running.cloud.read(lambda connection: snapshots.get(connection, snapshot_id))
        assert found is not None and found.layer_id is not None
        return self.life.world.layers.get(LayerId(found.layer_id), _FILE)

    async def _learn(self, volume_id: str) -> None:
        """What a volume of a snapshot holds before anything was written to it here: its own, read from its head."""
        if volume_id not in self.holds:
            found = await self.stack.running.cloud.read(lambda connection: volumes.get(connection, volume_id))
            if found is not None:
                at: str | None = found.head
                while at is not None and LayerId(at) not in self.life.world.layers:
                    at = await self.stack.running.cloud.read(lambda connection, layer=at: _parent(connection, layer))
                self.holds[volume_id] = None if at is None else self.life.world.layers.get(LayerId(at), _FILE)

    def _is_cut(self, snapshot_id: str, volume_id: str) -> None:
        self.may_hold[snapshot_id] = {self.holds[volume_id]}
        self._cutting[snapshot_id] = volume_id

    async def _completed(self) -> list[str]:
        found = (await self.stack.call("DescribeSnapshots", OwnerIds=["self"]))["Snapshots"]
        return [one["SnapshotId"] for one in found if one["State"] == "completed"]

    async def _volume(self) -> str:
        found = (await self.stack.call("DescribeVolumes"))["Volumes"]
        return str(self._any(found)["VolumeId"])

    def _any(self, found: list[dict[str, Any]]) -> dict[str, Any]:
        if not found:
            raise NothingThere
        return self.choose.choice(found)

    def _instance(self) -> str:
        return self.choose.choice(self.instances)

    async def _at_rest(self) -> bool:
        await self.stack.idle()
        for instance_id in self.instances:
            state = (await self.stack.instance(instance_id))["State"]["Name"]
            wanted = GuestState.RUNNING if state == "running" else GuestState.ABSENT
            if state not in _LEGAL["instances"] or await self.stack.guest(instance_id).observe() is not wanted:
                return False
        return True


_OWN: dict[str, dict[str, Any]] = {
    "snapshots": {"OwnerIds": ["self"]},
    "images": {"Owners": ["self"], "IncludeDisabled": True},
}

ACTS: list[Callable[[Storage], Awaitable[None]]] = [
    Storage.launch,
    *[Storage.write] * 4,
    *[Storage.snapshot] * 2,
    Storage.snapshots,
    Storage.image,
    Storage.create_volume,
    *[Storage.attach] * 2,
    Storage.detach,
    Storage.grow,
    Storage.delete_volume,
    Storage.delete_snapshot,
    Storage.deregister,
    Storage.compact,
    Storage.stop,
    Storage.start_again,
    Storage.reboot,
    Storage.terminate,
    Storage.die,
    *[Storage.rest] * 3,
]


@pytest.mark.timeout(1800)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(st.sampled_from(ACTS), min_size=5, max_size=30), seed=st.integers(0, 2**32))
def test_no_history_of_actions_and_kills_loses_or_mixes_what_was_written(
    acts: list[Callable[[Storage], Awaitable[None]]], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    asyncio.run(_lived(acts, random.Random(seed), tmp_path_factory.mktemp("history")))


async def _lived(acts: list[Callable[[Storage], Awaitable[None]]], choose: random.Random, folder: Path) -> None:
    life = Life(folder)
    with pytest.MonkeyPatch.context() as patch:
        storage = Storage(life, choose, patch)
        time_passes = asyncio.ensure_future(_time_passes(life.clock))
        await storage.start()
        try:
            await storage.launch()
            await storage.stack.idle()
            for act in acts:
                if choose.random() < 0.2:
                    storage.crash_soon()
                try:
                    await act(storage)
                except Refused as refused:
                    assert refused.status < 500, f"{act.__name__}: {refused}"
                except (GuestLost, NothingThere):
                    pass  # a guest that does not run, or has no such disk, writes nothing
                await storage.go_on()
            await storage.settle()
            await storage.check()
            await storage.delete_everything()
        finally:
            time_passes.cancel()
            await storage.end()
        assert life.world.layers.broken == []


async def _time_passes(clock: ManualClock) -> None:
    """What waits for a deadline gets there; slowly enough that requests signed at the host's time are not expired."""
    while True:
        await asyncio.sleep(0.05)
        await clock.advance(1)


def _parent(connection: Any, layer_id: str) -> str | None:
    from kumoniwa.store import layers

    found = layers.get(connection, layer_id)
    return None if found is None else found.parent_id
