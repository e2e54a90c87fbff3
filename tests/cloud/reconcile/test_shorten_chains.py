"""Chains of layers are shortened under running guests, and nothing of what they hold changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, update
from stack import Stack, stack_on
from waiting import let_others_run, turns_until

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import DriverError, GuestLost, LayerId
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.model.layers import Layer
from kumoniwa.reconcile.shorten_chains import ROUND, Compaction
from kumoniwa.storage.compaction import LEFT, LONGEST
from kumoniwa.store import all_tables as tables
from kumoniwa.store import layers

pytestmark = pytest.mark.anyio


async def cut(stack: Stack, instance: str, number: int) -> str:
    """An image of the instance, which has a file that no earlier one has; the guest goes on."""
    stack.guest(instance).write(f"/{number}", str(number).encode(), sync=True)
    image: str = (await stack.call("CreateImage", InstanceId=instance, Name=f"image {number}", NoReboot=True))[
        "ImageId"
    ]
    await stack.idle()
    return image


async def noted(stack: Stack, instance: str) -> list[Layer]:
    """The layers of the instance's root volume, top to bottom, as the rows have them."""

    def read(connection: Connection) -> list[Layer]:
        heads = {of: head for _, of, head in layers.attached_heads(connection)}
        return layers.chain(layers.every(connection), heads[instance])

    return await stack.running.cloud.read(read)


async def chain(stack: Stack, instance: str) -> list[str]:
    """The same layers' ids; nothing is being compacted, and the rows say what the files do."""
    found = await noted(stack, instance)
    for layer in found:
        assert await stack.driver.disks.parent(LayerId(layer.id)) == layer.parent_id
    return [layer.id for layer in found]


async def parent_of(stack: Stack, layer: str, wanted: str) -> None:
    """Wait until the layer's row says that it stands on this one."""
    async with asyncio.timeout(10):
        while (await stack.running.cloud.read(layers.every))[layer].parent_id != wanted:
            await let_others_run()


def compaction(stack: Stack, longest: int = 4, left: int = 2) -> Compaction:
    """One that nobody but the test sends round."""
    return Compaction(stack.running.cloud.world, longest=longest, left=left)


@asynccontextmanager
async def server(
    folder: Path, world: SimulatedWorld, clock: ManualClock, timing: Timing | None = None
) -> AsyncIterator[Stack]:
    """A server on this folder and these disks."""
    driver = SimulatedDriver(clock, timing=timing or Timing.instant(), world=world)
    async with stack_on(Config(data_dir=folder), driver, clock) as stack:
        yield stack


async def test_a_long_chain_becomes_short_and_every_image_keeps_what_it_holds(stack: Stack) -> None:
    instance = await stack.launch()
    images = [await cut(stack, instance, number) for number in range(6)]
    before = await chain(stack, instance)
    known = await stack.driver.disks.all_layers()
    shortening = compaction(stack)
    await shortening.go_round()
    after = await chain(stack, instance)
    assert after == [before[0], before[-1]]
    assert await stack.driver.disks.all_layers() == known, "images need what the volume does not"
    guest = stack.guest(instance)
    assert [guest.read(f"/{number}") for number in range(6)] == [str(number).encode() for number in range(6)]
    assert shortening.last is not None
    assert (shortening.last.outcome, shortening.last.layers_before, shortening.last.layers_after) == ("done", 8, 2)
    assert (shortening.running, shortening.skipped) == (None, {})
    for number, image in enumerate(images):
        restored = stack.guest(await stack.launch(ImageId=image))
        assert restored.read(f"/{number}") == str(number).encode()
        with pytest.raises(FileNotFoundError):
            restored.read(f"/{number + 1}")


async def test_what_only_the_chain_needed_is_collected(stack: Stack) -> None:
    instance = await stack.launch()
    for number in range(6):
        image = await cut(stack, instance, number)
        await stack.call("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True)
        await stack.idle()
    before = await chain(stack, instance)
    assert len(before) == 8
    await compaction(stack).go_round()
    assert await chain(stack, instance) == [before[0], before[-1]]
    assert set(before[1:-1]).isdisjoint(await stack.driver.disks.all_layers())
    assert stack.guest(instance).read("/0") == b"0"


async def test_a_server_shortens_by_itself_after_cuts(stack: Stack) -> None:
    instance = await stack.launch()
    for number in range(LONGEST):
        await cut(stack, instance, number)
    async with asyncio.timeout(10):
        while len(await noted(stack, instance)) > LEFT:
            await let_others_run()
    assert len(await chain(stack, instance)) <= LEFT
    assert (await stack.get("/_kumoniwa/storage"))["compaction"]["last"]["outcome"] == "done"


async def test_a_chain_that_does_not_fit_is_left_and_says_why(stack: Stack) -> None:
    instance = await stack.launch()
    for number in range(6):
        await cut(stack, instance, number)
    before = await chain(stack, instance)
    shortening = compaction(stack)
    stack.driver.world.room = 1
    await shortening.go_round()
    [reason] = shortening.skipped.values()
    assert reason.startswith("The host has no room to copy")
    assert await chain(stack, instance) == before
    stack.driver.world.room = 1 << 30
    await shortening.go_round()
    assert shortening.skipped == {}
    assert len(await chain(stack, instance)) == 2


async def test_a_guest_that_does_not_compact_is_asked_again_later(stack: Stack) -> None:
    instance = await stack.launch()
    for number in range(6):
        await cut(stack, instance, number)
    before = await chain(stack, instance)
    shortening = compaction(stack)
    stack.driver.fail_next("ensure_compacted", DriverError("It said no.", way_out="Ask again."))
    await shortening.go_round()
    assert list(shortening.skipped.values()) == ["It said no. Ask again."]
    assert await chain(stack, instance) == before
    await shortening.go_round()
    assert len(await chain(stack, instance)) == 2


async def test_one_that_cannot_be_compacted_keeps_no_other_from_it(stack: Stack) -> None:
    instances = [await stack.launch(), await stack.launch()]
    for number in range(12):
        await cut(stack, instances[number % 2], number)
    stack.driver.fail_next("ensure_compacted", DriverError("It said no.", way_out="Ask again."))
    shortening = compaction(stack)
    await shortening.go_round()
    assert list(shortening.skipped.values()) == ["It said no. Ask again."]
    assert sorted([len(await chain(stack, instance)) for instance in instances]) == [2, 8]


async def test_rounds_go_on_whatever_one_meets(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = await stack.launch()
    for number in range(LONGEST - 2):
        await cut(stack, instance, number)
    assert len(await chain(stack, instance)) == LONGEST
    own = stack.running.cloud.compaction
    assert own is not None
    met: list[str] = []

    async def broken() -> None:
        met.append("a bug of ours")
        raise ZeroDivisionError

    monkeypatch.setattr(own, "follow_files", broken)
    await stack.clock.advance(ROUND)
    await turns_until(lambda: bool(met))
    monkeypatch.undo()
    await cut(stack, instance, LONGEST)
    async with asyncio.timeout(10):
        while len(await noted(stack, instance)) > LEFT:
            await let_others_run()
    assert len(await chain(stack, instance)) <= LEFT


async def test_stopped_instances_are_left_alone(stack: Stack) -> None:
    instance = await stack.launch()
    for number in range(6):
        await cut(stack, instance, number)
    before = await chain(stack, instance)
    await stack.call("StopInstances", InstanceIds=[instance])
    await stack.idle()
    await compaction(stack).go_round()
    assert await chain(stack, instance) == before


async def test_a_damaged_layer_keeps_its_chain_from_being_shortened_and_no_other(stack: Stack) -> None:
    bad, good = await stack.launch(), await stack.launch()
    for number in range(6):
        await cut(stack, bad, number)
    for number in range(6, 12):
        await cut(stack, good, number)
    before = await chain(stack, bad)
    unmeasured = update(tables.layers).values(sealed_bytes=None, sealed_sha256=None)
    await stack.running.cloud.world.database.write(lambda connection: connection.execute(unmeasured))
    stack.driver.world.layers.tear(LayerId(before[2]))
    shortening = compaction(stack)
    await shortening.go_round()
    [reason] = shortening.skipped.values()
    assert f"{before[2]}.qcow2 is torn" in reason
    assert len(await chain(stack, good)) == 2
    every = await stack.running.cloud.read(layers.every)
    assert [layer.id for layer in layers.chain(every, before[0])] == before


@pytest.mark.parametrize("lost", [False, True], ids=["killed", "lost"])
async def test_rows_follow_what_a_guest_finished_by_itself(tmp_path: Path, *, lost: bool) -> None:
    """QEMU goes on copying when the server dies, or does not hear it."""
    world, clock = SimulatedWorld(), ManualClock(datetime.now(UTC))
    async with server(tmp_path, world, clock) as stack:
        instance = await stack.launch()
        for number in range(6):
            await cut(stack, instance, number)
        before = await chain(stack, instance)
        shortening = compaction(stack)
        if lost:
            stack.driver.fail_next("ensure_compacted", GuestLost("It does not answer."))
            await shortening.go_round()
            world.layers.pull_up(LayerId(before[0]), LayerId(before[-1]))
            await shortening.go_round()
            assert await chain(stack, instance) == [before[0], before[-1]]
            return
        world.layers.pull_up(LayerId(before[0]), LayerId(before[-1]))
    async with server(tmp_path, world, clock) as stack:
        await parent_of(stack, before[0], before[-1])
        assert await chain(stack, instance) == [before[0], before[-1]]


async def test_rows_follow_only_what_outlives_a_power_cut(stack: Stack) -> None:
    instance = await stack.launch()
    for number in range(6):
        await cut(stack, instance, number)
    before = await chain(stack, instance)
    shortening = compaction(stack)
    await shortening.adopt()
    stack.driver.world.layers.pull_up(LayerId(before[0]), LayerId(before[-1]))
    stack.driver.fail_next("ensure_durable", DriverError("The disk does not answer.", way_out="Ask again."))
    await shortening.follow_files()
    assert (await stack.running.cloud.read(layers.every))[before[0]].parent_id == before[1]
    await shortening.follow_files()
    assert await chain(stack, instance) == [before[0], before[-1]]


async def test_rows_follow_also_where_it_was_cut_in_the_meantime(tmp_path: Path) -> None:
    """The guest finishes after the next server's start; before that one looks again the volume was cut."""
    world, clock = SimulatedWorld(), ManualClock(datetime.now(UTC))
    async with server(tmp_path, world, clock) as stack:
        instance = await stack.launch()
        for number in range(6):
            await cut(stack, instance, number)
        before = await chain(stack, instance)
    async with server(tmp_path, world, clock) as stack:
        world.layers.pull_up(LayerId(before[0]), LayerId(before[-1]))
        image = (await stack.call("CreateImage", InstanceId=instance, Name="late", NoReboot=True))["ImageId"]
        await stack.idle()
        await clock.advance(ROUND)
        await parent_of(stack, before[0], before[-1])
        assert stack.guest(await stack.launch(ImageId=image)).read("/5") == b"5"
        assert (await stack.get("/_kumoniwa/storage/check"))["faults"] == []


async def test_a_cut_gives_a_compaction_up_and_it_is_done_later(tmp_path: Path) -> None:
    world, clock = SimulatedWorld(), ManualClock(datetime.now(UTC))
    slow = Timing(boot=0, shutdown=0, cut=0, freeze=0, compaction=5, import_disk=0)
    async with server(tmp_path, world, clock, slow) as stack:
        instance = await stack.launch()
        for number in range(6):
            await cut(stack, instance, number)
        shortening = compaction(stack)
        going_round = asyncio.ensure_future(shortening.go_round())
        await turns_until(lambda: shortening.running is not None)
        await cut(stack, instance, 6)
        await clock.advance(5)
        async with asyncio.timeout(10):
            await going_round
        assert "given up" in next(iter(shortening.skipped.values()))
        before = await chain(stack, instance)
        assert len(before) == 9
        again = asyncio.ensure_future(shortening.go_round())
        await turns_until(lambda: shortening.running is not None)
        async with asyncio.timeout(10):
            await clock.advance(5)
            await again
        assert await chain(stack, instance) == [before[0], before[-1]]
        assert shortening.skipped == {}
