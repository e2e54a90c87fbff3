"""The power fails under real guests: what had been promised by then is there afterwards, and nothing else is half done.

As root it really fails, on a file system of its own: what was not made durable is gone. A scene is played once: what
its disk holds is photographed at each moment; at the last the power fails, and leaves what the photograph of it shows.
Everybody can copy a data folder at one instant instead, which sees what is half done and not what is not durable.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import photograph
import power
import power_cut_scenes
import pytest
from real_cloud import RealCloud, end_guests, letters, numbers, real_cloud
from sampling import Sampling
from sqlalchemy import Connection, Table, select

from kumoniwa.model.images import ImageState
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.model.volumes import AttachmentState, ModificationState, VolumeState
from kumoniwa.store import all_tables as tables
from kumoniwa.store import layers
from kumoniwa.workflows.workflow import Workflow

pytestmark = [pytest.mark.anyio, pytest.mark.vm, pytest.mark.timeout(1200)]

_PLAYED_WITHIN = 120.0  # seconds
_SETTLED: dict[Table, set[StrEnum]] = {
    tables.instances: {InstanceState.RUNNING, InstanceState.STOPPED},
    tables.images: {ImageState.AVAILABLE, ImageState.FAILED},
    tables.snapshots: {SnapshotState.COMPLETED, SnapshotState.ERROR},
    tables.volumes: {VolumeState.AVAILABLE, VolumeState.IN_USE},
    tables.attachments: {AttachmentState.ATTACHED},
    tables.volume_modifications: {ModificationState.COMPLETED, ModificationState.FAILED},
}

IMAGE_STEPS = (
    "note what the guest is",
    "plan the cuts",
    "prepare the overlays",
    "shut the guest down",
    "cut the volumes",
    "boot the guest",
    "note the cut in the boot",
    "complete the snapshots",
    "publish the image",
)
STREAM = "kumoniwa.hypervisor.qemu.guest.drives.stream"
COMPACTION = "kumoniwa.reconcile.shorten_chains:Compaction"
DISKS = "kumoniwa.hypervisor.qemu.disks.qemu_disks"
MOMENTS = [
    ("idle", "the end"),
    *(("image", f"{when}: {step}") for step in IMAGE_STEPS for when in ("done", "journaled")),
    ("image", f"returned: {DISKS}:_publish"),  # the overlay has its name, and its row does not say so
    ("image", "answered: transaction"),  # the guest was cut, and no row says so
    ("image", "the end"),
    ("image_of_the_stopped", "done: cut the volumes"),
    ("image_of_the_stopped", "the end"),
    ("live_image", "answered: transaction"),
    ("live_image", "done: cut the volumes"),
    ("live_image", "the end"),
    ("multi_volume", "journaled: prepare the overlays"),
    ("multi_volume", "answered: transaction"),
    ("multi_volume", "done: complete the snapshots"),
    ("multi_volume", "the end"),
    ("attach", f"returned: {DISKS}:_publish"),  # of the snapshot's cut
    ("attach", "done: make the volume"),
    ("attach", "journaled: make the volume"),
    ("attach", "answered: device_add"),
    ("attach", "done: publish the attachment"),
    ("attach", "the end"),
    ("grow", "answered: block_resize"),
    ("grow", "done: apply the modification"),
    ("grow", "journaled: apply the modification"),
    ("grow", "the end"),
    ("compaction", "answered: block-stream"),
    ("compaction", "asked: job-finalize"),
    ("compaction", "answered: job-finalize"),  # the header names another layer by now
    ("compaction", "answered: job-finalize", "headers"),
    ("compaction", f"returned: {STREAM}:_sync"),
    ("compaction", f"returned: {COMPACTION}._note"),
    ("compaction", f"returned: {DISKS}:QcowDisks.ensure_deleted"),
    ("compaction", f"returned: {COMPACTION}._collect"),
    ("compaction", "the end"),
    ("followed", "returned: kumoniwa.reconcile.shorten_chains:follow"),
    ("followed", "the end"),
    ("deletion", f"called: {DISKS}:QcowDisks.ensure_deleted"),
    ("deletion", f"returned: {DISKS}:QcowDisks.ensure_deleted"),
    ("deletion", "the end"),
    ("killed", "the end"),
]
SCENES: dict[tuple[str, ...], list[str]] = {}
"""By scene, and how it is photographed: its moments."""
for _scene, _moment, *_headers in MOMENTS:
    SCENES.setdefault((_scene, *_headers), []).append(_moment)
MOMENTS_OF_A_SCENE = 2  # that are tried; all where the run is exhaustive
BEFORE_THE_SHUTDOWN = [("image", f"{when}: {step}") for step in IMAGE_STEPS[:3] for when in ("done", "journaled")]


@dataclass
class Promised:
    """What a cloud had told somebody before the power failed."""

    instance: str = ""
    stopped: bool = False
    flushed: str = ""
    filled: list[int] = field(default_factory=list)
    snapshots: set[str] = field(default_factory=set)
    completed: dict[str, str] = field(default_factory=dict)
    """Snapshots, and the letters that each holds: these and no others."""
    deleted: set[str] = field(default_factory=set)
    images: dict[str, str] = field(default_factory=dict)
    available: set[str] = field(default_factory=set)
    attached: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


class Plays:
    """The scenes, each played when a moment of it is first asked for, with all the moments that tests ask for."""

    def __init__(self, folder: Path) -> None:
        self._folder = self.evidence_folder = folder
        self._played: dict[tuple[str, ...], Path | AssertionError] = {}

    def photograph(self, scene: str, moment: str, *headers: str) -> tuple[Path, Promised]:
        """What was on the disk at that moment, a file system in a file, and what had been promised by then."""
        moments = SCENES[scene, *headers]
        if (scene, *headers) not in self._played:
            try:
                self._played[scene, *headers] = self._play(scene, *headers, *moments)
            except AssertionError as failure:
                self._played[scene, *headers] = failure
        played = self._played[scene, *headers]
        if isinstance(played, AssertionError):
            raise AssertionError(str(played))
        taken = played / str(moments.index(moment))
        return taken.with_suffix(".ext4"), _promised(taken.with_suffix(".promises"))

    def _play(self, scene: str, *moments: str) -> Path:
        """Have the scene played until the power fails; gives the photographs' folder."""
        played = self._folder / str(len(self._played))
        played.mkdir()
        disk = power.Disk.new(played)
        try:
            (disk.path / "cloud").mkdir()
            os.sync()  # the folder is somebody's, and was there before
            paths = (disk.path / "cloud", disk.file, played)
            log = played / "log"
            with log.open("w") as output:
                ended = subprocess.run(
                    [sys.executable, power_cut_scenes.__file__, *map(str, paths), scene, *moments],
                    env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    timeout=_PLAYED_WITHIN,
                    check=False,
                )
            assert ended.returncode == power_cut_scenes.CUT, log.read_text()[-3000:]
        finally:
            disk.unmount()
        *_, last = sorted(played.glob("*.ext4"), key=lambda path: path.stat().st_mtime_ns)
        assert _same(disk.file, last), "a photograph is what a power cut leaves"
        disk.file.unlink()
        return played


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Plays:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system and cut its power")
    return Plays(tmp_path_factory.mktemp("scenes"))


@contextlib.contextmanager
def _disk(folder: Path, file: Path) -> Iterator[power.Disk]:
    """The disk that is in a file; both are gone afterwards."""
    disk = power.Disk(folder, file)
    try:
        yield disk
    finally:
        disk.unmount()
        disk.path.rmdir()
        file.unlink(missing_ok=True)


@pytest.mark.some_of("scenes of power cuts", 6)
@pytest.mark.parametrize("scene", SCENES, ids=", ".join)
async def test_what_was_promised_before_the_power_failed_is_there(
    scene: tuple[str, ...],
    plays: Plays,
    tmp_path: Path,
    sampling: Sampling,
    record_property: Callable[[str, object], None],
) -> None:
    moments = SCENES[scene]
    chosen = sampling.of(moments, MOMENTS_OF_A_SCENE)
    for moment in chosen:
        file, promised = plays.photograph(scene[0], moment, *scene[1:])
        with _disk(tmp_path, file) as disk:
            disk.power_on_again()
            await _comes_back(disk.path / "cloud", promised)
            if (*scene, moment) in BEFORE_THE_SHUTDOWN:
                await _claims_no_rest(disk.path / "cloud")
    record_property("power cuts", len(chosen))


def _same(one: Path, other: Path) -> bool:
    """Whether two files that are mostly holes have the same content."""
    return subprocess.run(["cmp", "--silent", one, other], timeout=_PLAYED_WITHIN, check=False).returncode == 0


def _promised(promises: Path) -> Promised:
    promised = Promised()
    for line in promises.read_text().splitlines():
        match json.loads(line):
            case {"what": "instance", "id": id}:
                promised.instance = id
            case {"what": "stopped"}:
                promised.stopped = True
            case {"what": "flushed", "letter": letter}:
                promised.flushed += letter
            case {"what": "filled", "number": number}:
                promised.filled.append(number)
            case {"what": "snapshot", "id": id}:
                promised.snapshots.add(id)
            case {"what": "completed", "id": id, "holds": held}:
                promised.completed[id] = held
            case {"what": "deleted", "id": id}:
                promised.deleted.add(id)
            case {"what": "image", "id": id, "holds": held}:
                promised.images[id] = held
            case {"what": "available", "id": id}:
                promised.available.add(id)
            case {"what": "attached", "volume": id, "holds": held}:
                promised.attached[id] = held
            case {"what": "size", "volume": id, "gib": gib}:
                promised.sizes[id] = gib
            case other:
                raise AssertionError(other)
    return promised


async def _comes_back(folder: Path, promised: Promised) -> None:
    """A server starts on the folder, and all that was promised is there."""
    async with real_cloud(folder) as cloud:
        await cloud.idle()
        if promised.stopped:
            await cloud.call("StartInstances", InstanceIds=[promised.instance])
            await cloud.idle()
        await cloud.booted(promised.instance, 2)
        await cloud.idle()
        assert await cloud.running.cloud.read(_pending) == []
        await _check_snapshots(cloud, promised)
        await _check_images(cloud, promised)
        await _check_volumes(cloud, promised)
        await cloud.press(promised.instance, "h")
        await cloud.call("StopInstances", InstanceIds=[promised.instance])
        await cloud.idle()  # the files that a guest writes to cannot be looked at thoroughly
        head = await cloud.head(promised.instance)
        assert set(promised.flushed + "h") <= set(await letters(folder, head))
        assert await numbers(folder, head) == promised.filled
        await _check_storage(cloud)


async def _check_snapshots(cloud: RealCloud, promised: Promised) -> None:
    told = {one["SnapshotId"]: one for one in (await cloud.call("DescribeSnapshots", OwnerIds=["self"]))["Snapshots"]}
    assert promised.snapshots - promised.deleted <= told.keys()
    assert not promised.deleted & told.keys()
    for id, held in promised.completed.items():
        if id not in promised.deleted:
            assert told[id]["State"] == "completed", told[id]
            assert await cloud.snapshot_letters(id) == held
    for one in told.values():
        assert one["State"] == "completed" or one["StateMessage"], one


async def _check_images(cloud: RealCloud, promised: Promised) -> None:
    told = {one["ImageId"]: one for one in (await cloud.call("DescribeImages", Owners=["self"]))["Images"]}
    for id, held in promised.images.items():
        image = told[id]
        if image["State"] == "failed" and id not in promised.available:
            assert image["StateReason"]["Message"], image
            continue
        assert image["State"] == "available", image
        [device] = image["BlockDeviceMappings"]
        assert await cloud.snapshot_letters(device["Ebs"]["SnapshotId"]) == held


async def _check_volumes(cloud: RealCloud, promised: Promised) -> None:
    told = {one["VolumeId"]: one for one in (await cloud.call("DescribeVolumes"))["Volumes"]}
    for id, held in promised.attached.items():
        volume = await cloud.running.cloud.read(partial(_head, volume_id=id))
        assert [one["State"] for one in told[id]["Attachments"]] == ["attached"]
        assert await letters(cloud.folder, volume) == held
    for id, gib in promised.sizes.items():
        assert told[id]["Size"] == gib


def _head(connection: Connection, volume_id: str) -> str:
    """The layer that the volume's guest writes to."""
    query = select(tables.volumes.c.head).where(tables.volumes.c.id == volume_id)
    return str(connection.execute(query).scalar_one())


async def _check_storage(cloud: RealCloud) -> None:
    """Rows and files say the same, of every byte."""
    assert await cloud.faults() == []
    rows = await cloud.running.cloud.read(layers.every)
    files = {path.name for path in (cloud.folder / "layers").iterdir()}
    assert {f"{row.id}.qcow2" for row in rows.values() if row.made} <= files
    assert files <= {f"{id}.qcow2" for id in rows}


async def _claims_no_rest(folder: Path) -> None:
    """The guest ended with the power, not by shutting down: no image says that it did."""
    async with real_cloud(folder) as cloud:
        for image in (await cloud.call("DescribeImages", Owners=["self"]))["Images"]:
            if image["Name"] == "golden" and image["State"] == "available":
                assert (await cloud.evidence(f"images/{image['ImageId']}"))["consistency"] == "crash-consistent"


def _pending(connection: Connection) -> list[Any]:
    """What is between two states, claimed, or not finished."""
    found: list[Any] = []
    for table, settled in _SETTLED.items():
        found += connection.execute(select(table).where(table.c.state.not_in(settled))).all()
    found += connection.execute(select(tables.claims)).all()
    found += connection.execute(select(tables.workflows.c.id).where(tables.workflows.c.finished_at.is_(None))).all()
    return found


@pytest.mark.every_run
async def test_a_data_folder_copied_at_any_instant_starts_and_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    record_property("power_cuts_of", len(MOMENTS))  # which no run has all of, but the exhaustive one
    original = tmp_path / "original"
    original.mkdir()
    copies: list[tuple[Path, Promised]] = []
    promised = Promised(flushed="a")
    try:
        async with real_cloud(original) as cloud:
            promised.instance = await cloud.launch(await cloud.boot_sector_image())
            await cloud.press(promised.instance, "a")
            await cloud.flush(promised.instance)
            for step in IMAGE_STEPS[1:-1]:
                copy = tmp_path / step
                with monkeypatch.context() as patch:
                    _photograph_after(patch, step, cloud, original, copy)
                    made = (await cloud.call("CreateImage", InstanceId=promised.instance, Name=step))["ImageId"]
                    promised.images[made] = "a"
                    then = replace(promised, images=dict(promised.images), available=set(promised.available))
                    copies.append((copy, then))
                    await cloud.idle()
                promised.available.add(made)
    finally:
        end_guests(original)
    for copy, then in copies:
        try:
            await _comes_back(copy, then)
        finally:
            end_guests(copy)


def _photograph_after(patch: pytest.MonkeyPatch, step: str, cloud: RealCloud, folder: Path, copy: Path) -> None:
    """Once the step is journaled, all that writes to the folder stands still and it is copied."""

    def then_photograph(do: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def done(workflow: Workflow, name: str, *given: Any, **named: Any) -> Any:
            result = await do(workflow, name, *given, **named)
            if name == step:
                await workflow.database.flush()  # how it ended is written with what comes next
                guests = [str(cloud.process(path.name).pid) for path in (folder / "guests").iterdir()]
                program = [sys.executable, photograph.__file__, str(folder), str(copy), str(os.getpid()), *guests]
                process = await asyncio.create_subprocess_exec(*program)
                assert await process.wait() == 0
            return result

        return done

    for method in ("step", "settle"):
        patch.setattr(Workflow, method, then_photograph(getattr(Workflow, method)))
