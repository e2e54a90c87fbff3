"""Whatever happens to volumes, snapshots, images and servers, in whatever order: what was written before a cut is in
the snapshot, what was written after it is not, and deletes take nothing from anybody else."""

import asyncio
import random
import shutil
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from asgi import Refused
from hypothesis import HealthCheck, note, seed, settings
from hypothesis import given as given_that
from hypothesis import strategies as st
from life import Life
from points import Points
from sampling import Sampling
from storage import ROOM, NothingThere, Storage
from storage_acts import ACTS, Act, launch
from structlog.testing import capture_logs
from waiting import let_others_run
from whole import whole

from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.driver import GuestLost

_HISTORIES, _IN_A_SAMPLE = 200, 40
_NO_ROOM = "InsufficientVolumeCapacity"
_USED = {"InvalidSnapshot.InUse", "VolumeInUse", "IncorrectState"}
_GONE = {"InvalidSnapshot.NotFound", "InvalidVolume.NotFound"}


@pytest.mark.timeout(1800)
def test_no_history_of_actions_and_kills_loses_or_mixes_what_was_written(
    memory: Path, count: Counter[str], sampling: Sampling
) -> None:
    began = _begun(Path(mkdtemp(dir=memory)))
    histories = _HISTORIES if sampling.exhaustive else _IN_A_SAMPLE

    @seed(sampling.random.randrange(1 << 32))
    @settings(max_examples=histories, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    @given_that(acts=st.lists(st.sampled_from(ACTS), min_size=12, max_size=50), choose=st.randoms())
    def no_history_does(acts: list[Act], choose: random.Random) -> None:
        folder = Path(mkdtemp(dir=memory))
        asyncio.run(_lived(began.copied(folder / "data"), acts, choose, count))
        shutil.rmtree(folder)

    no_history_does()


def _begun(folder: Path) -> Life:
    """A cloud as it is at its first moment: a quarter of a second that need not be spent on each history."""

    async def begin() -> Life:
        life = Life(folder, clock=ManualClock())
        with pytest.MonkeyPatch.context() as patch:
            async with life.server(Points(), patch):
                return life

    return asyncio.run(begin())


async def _lived(life: Life, acts: list[Act], choose: random.Random, counts: Counter[str]) -> None:
    with pytest.MonkeyPatch.context() as patch, capture_logs() as logged:  # not rendered: a sixth of the time
        storage = Storage(life, choose, patch)
        try:
            await storage.start()
            await launch(storage)
            await storage.rest()
            for act in acts:
                await _done(storage, act)
            await storage.settle()
            await storage.check()
            await _delete_everything(storage)
            assert life.world.layers.broken == []
            counts["histories"] += 1  # some end before: hypothesis has no more choices for them
        finally:
            await storage.end()
            note("\n".join([*storage.story, *(str(one) for one in logged if one["log_level"] == "error")]))
            counts.update(storage.counts)


async def _done(storage: Storage, act: Act) -> None:
    """One thing happens, or is refused; perhaps the server dies of it; and some of what follows comes about."""
    storage.counts["acts"] += 1
    storage.story.append(f"- {act.__name__}")
    if storage.choose.randrange(100) >= 85:
        storage.crash_soon()
    if not storage.life.world.room and storage.choose.randrange(100) >= 75:
        storage.story.append("the host has room again")
        storage.life.world.room = ROOM
    await storage.stack.clock.advance(0.001)  # no two things happen at the same moment
    try:
        await act(storage)
    except Refused as refused:
        storage.story.append(f"    refused: {refused}")
        storage.counts["refused"] += 1
        assert refused.status < 500 or (refused.code == _NO_ROOM and not storage.life.world.room), refused
    except (GuestLost, NothingThere) as nothing:
        # A guest that does not run, or has no such disk, does nothing.
        storage.story.append(f"    nothing: {nothing!r}")
        storage.counts["nothing happened"] += 1
    for _ in range(storage.choose.randrange(100)):
        await let_others_run()
    await storage.go_on()


async def _delete_everything(storage: Storage) -> None:
    """In a random order; each of the others must hold what it held, also where the server dies meanwhile."""
    rows = await storage.look()
    first_image, first_snapshot = next(iter(rows.images)), next(iter(rows.snapshots))
    todo: list[tuple[str, str, Any]] = [
        *(("TerminateInstances", "InstanceIds", [one]) for one in rows.instances),
        *(("DeleteVolume", "VolumeId", one) for one in rows.volumes),
        *(("DeleteSnapshot", "SnapshotId", one) for one in rows.snapshots if one != first_snapshot),
        *(
            ("DeregisterImage", "ImageId", one.id)
            for one in rows.images.values()
            if one.id != first_image and one.state != "deregistered"
        ),
    ]
    storage.choose.shuffle(todo)
    refused_since = 0
    while todo:
        action, member, named = todo.pop(0)
        if storage.choose.randrange(100) >= 90:
            storage.crash_soon()
        try:
            await storage.call(action, **{member: named})
            if action == "DeleteVolume":
                storage.doomed.add(named)
        except Refused as refused:
            if refused.code in _GONE:
                continue
            assert refused.code in _USED, refused
            refused_since += 1
            assert refused_since <= len(todo), f"{refused}, and nothing else is left to be deleted"
            todo.append((action, member, named))
            continue
        refused_since = 0
        storage.counts["deletes"] += 1
        await storage.rest()
        await storage.go_on()
        await storage.rest()
        rows = await storage.look()
        storage.check_volumes(rows)
    await storage.settle()
    await whole(storage.stack)
    left = await storage.stack.driver.disks.all_layers()
    assert left == {rows.snapshots[first_snapshot].layer_id}, "only what the cloud began with is left"
