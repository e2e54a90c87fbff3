"""The server dies at the points of a round of compactions, also while it starts, and each of its calls is refused.

Whatever of it was done: all that was written is there, in the volume and in each snapshot of it, and the next server
shortens the chain.
"""

import asyncio
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from life import Life, crashing, ended
from passing import PassingClock
from points import OF_ALL, OF_COMPACTIONS, Points, Refusals
from stack import Stack
from waiting import let_others_run
from whole import whole

from kumoniwa.clock import SystemClock
from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.simulated import SimulatedGuest
from kumoniwa.model.scope import Scope
from kumoniwa.reconcile.shorten_chains import Compaction
from kumoniwa.store import layers, snapshots

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

_FILE = "/written"
_CUTS = 5
_LONGEST, _LEFT = 4, 2


@dataclass(frozen=True)
class Long:
    """A running instance whose volume has a chain that is too long, something else written before each of its cuts."""

    life: Life
    instance: str
    snapshots: tuple[str, ...]


@pytest.fixture(scope="module")
def long(memory: Path) -> Long:
    life = Life(Path(mkdtemp(dir=memory)), clock=PassingClock(SystemClock().now()))

    async def make() -> Long:
        with pytest.MonkeyPatch.context() as patch:
            async with life.server(Points(), patch) as stack:
                instance = await stack.launch()
                volume = (await stack.instance(instance))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
                cut = []
                for number in range(_CUTS):
                    stack.guest(instance).write(_FILE, _written(number), sync=True)
                    cut.append((await stack.call("CreateSnapshot", VolumeId=volume))["SnapshotId"])
                    await stack.idle()
                stack.guest(instance).write(_FILE, _written(_CUTS), sync=True)
        return Long(life, instance, tuple(cut))

    return asyncio.run(make())


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains are to be as short as a test has patience to make them long."""
    defaults: dict[str, Any] = {**(Compaction.__init__.__kwdefaults__ or {}), "longest": _LONGEST, "left": _LEFT}
    monkeypatch.setattr(Compaction.__init__, "__kwdefaults__", defaults)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[LayerId, LayerId | None]]:
    """What guests were asked to compact."""
    compact = SimulatedGuest.ensure_compacted
    asked: list[tuple[LayerId, LayerId | None]] = []

    async def note(guest: SimulatedGuest, layer: LayerId, onto: LayerId | None) -> bool:
        asked.append((layer, onto))
        return await compact(guest, layer, onto)

    monkeypatch.setattr(SimulatedGuest, "ensure_compacted", note)
    return asked


@pytest.mark.parametrize("finishes", [False, True])
async def test_a_server_that_dies_at_any_point_of_a_compaction_loses_nothing(
    finishes: bool, long: Long, asked: list[tuple[LayerId, LayerId | None]], count: Counter[str]
) -> None:
    """`finishes`: the guest ends by itself what it was asked for, as QEMU does."""
    crash_at, crashed = 1, True
    while crashed:
        points = Points(crash_at, of=OF_COMPACTIONS)
        asked.clear()
        await _lived(count, long, points, finishing=asked if finishes else None)
        crashed = points.crashed.is_set()
        crash_at += 1
    assert crash_at > 10, "there were points at all"


async def test_a_server_that_dies_after_a_compaction_and_again_while_it_starts_loses_nothing(
    long: Long, asked: list[tuple[LayerId, LayerId | None]], count: Counter[str]
) -> None:
    """The guest has finished what a server asked it for; the next one dies at each point of its start."""
    crash_at, crashed = 1, True
    while crashed:
        first, second = Points(_IN_THE_GUEST, of=OF_COMPACTIONS), Points(crash_at, of=OF_ALL)
        asked.clear()
        await _lived(count, long, first, second, finishing=asked)
        assert asked != [], "the first server died while the guest copied"
        crashed = second.crashed.is_set()
        crash_at += 1
    assert crash_at > 20, "there were points at all"


async def test_a_call_of_the_driver_that_a_compaction_is_refused_loses_nothing(long: Long, count: Counter[str]) -> None:
    seen = Refusals()
    await _lived(count, long, Points(refusals=seen, of=OF_COMPACTIONS))
    assert "ensure_compacted" in seen.calls and "measure" in seen.calls
    for call, method in enumerate(seen.calls, start=1):
        refusals = Refusals(call=call)
        await _lived(count, long, Points(refusals=refusals, of=OF_COMPACTIONS))
        assert refusals.refused[method] >= 1


_IN_THE_GUEST = 14  # the point of a round at which its guest copies


def _written(number: int) -> bytes:
    return f"before cut {number}".encode()


async def _lived(
    count: Counter[str], long: Long, *points: Points, finishing: list[tuple[LayerId, LayerId | None]] | None = None
) -> None:
    """Servers that pass these points, one after the other, and what the last one makes of it."""
    count["compactions"] += 1
    life = long.life.copied(long.life.folder.with_name(f"{long.life.folder.name}-{count['compactions']}"))
    patch = pytest.MonkeyPatch()
    for one in points:
        one.armed = True
        with crashing(one):
            async with life.server(one, patch) as stack:
                await ended(stack, one, _round_over)
        for layer, onto in finishing or ():
            if life.world.layers[layer].parent != onto:
                life.world.layers.pull_up(layer, onto)
    async with life.server(Points(), patch) as stack:
        await _round_over(stack)
        await stack.idle()
        await _check(stack, long)
    count["deaths_in_compactions"] += sum(one.crashed.is_set() for one in points)
    shutil.rmtree(life.folder)


async def _round_over(stack: Stack) -> None:
    """Wait until a round of compactions has ended, with whatever came of it."""
    compaction = stack.running.cloud.compaction
    assert compaction is not None
    async with asyncio.timeout(30):
        while compaction.running is not None or (compaction.last is None and compaction.skipped == {}):
            if not await _is_too_long(stack):
                return
            await let_others_run()


async def _is_too_long(stack: Stack) -> bool:
    every = await stack.running.cloud.read(layers.every)
    heads = await stack.running.cloud.read(layers.attached_heads)
    return any(len(layers.chain(every, head)) > _LONGEST for _, _, head in heads)


async def _check(stack: Stack, long: Long) -> None:
    """All that was written is there, and goes when it is deleted, in whatever order."""
    assert not await _is_too_long(stack)
    guest, cloud = stack.guest(long.instance), stack.running.cloud
    assert guest.read(_FILE) == _written(_CUTS)
    account = stack.running.key["account"]
    found = {one.id: one for one in await cloud.read(lambda at: snapshots.in_scope(at, Scope(account, "us-east-1")))}
    for number, snapshot_id in enumerate(long.snapshots):
        layer = found[snapshot_id].layer_id
        assert layer is not None
        assert stack.driver.world.layers.get(LayerId(layer), _FILE) == _written(number)
    await whole(stack)
    for snapshot_id in (*long.snapshots[1::2], *long.snapshots[::2]):
        await stack.call("DeleteSnapshot", SnapshotId=snapshot_id)
        await stack.idle()
    await whole(stack)
    await stack.call("RebootInstances", InstanceIds=[long.instance])
    await stack.idle()
    assert guest.read(_FILE) == _written(_CUTS)
    await whole(stack)
