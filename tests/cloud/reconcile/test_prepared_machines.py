"""Prepared machines over the lives of servers: what a host cannot use any more, and what no row knows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from stack import Stack, stack_on
from whole import whole

from kumoniwa.client.storage import rows
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import DriverError, LayerId, PreparedId
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.model.fast_launch import FastLaunchState, MachineState, PreparedMachine
from kumoniwa.model.layers import GIB
from kumoniwa.reconcile.prepared_machines import _BROKE, fail_what_broke, forget_stale_machines
from kumoniwa.reconcile.time import Housekeeping
from kumoniwa.storage.report import PREPARED
from kumoniwa.store import fast_launch
from kumoniwa.workflows.troubles import FAILS_AT_MOST

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def server(folder: Path, world: SimulatedWorld) -> AsyncIterator[Stack]:
    """A server on this folder and these disks."""
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant(), world=world)
    async with stack_on(Config(data_dir=folder), driver, clock) as stack:
        yield stack


async def _enabled(stack: Stack) -> str:
    image_id = str((await stack.call("DescribeImages"))["Images"][0]["ImageId"])
    await stack.call("EnableFastLaunch", ImageId=image_id)
    await stack.idle()
    return image_id


async def _states(stack: Stack, image_id: str) -> list[MachineState]:
    found = await stack.running.cloud.read(lambda connection: fast_launch.machines_of(connection, image_id))
    return [one.state for one in found]


async def _is_from_memory(stack: Stack, image_id: str) -> bool:
    (boot,) = await stack.boots(await stack.launch(ImageId=image_id), 1)
    return bool(boot["from_memory"])


async def test_the_next_server_launches_from_what_was_prepared(tmp_path: Path) -> None:
    world = SimulatedWorld()
    async with server(tmp_path, world) as stack:
        image_id = await _enabled(stack)
    async with server(tmp_path, world) as stack:
        assert await _is_from_memory(stack, image_id)
        await whole(stack)


async def test_what_another_version_prepared_is_marked_at_start_and_prepared_anew(tmp_path: Path) -> None:
    world = SimulatedWorld()
    async with server(tmp_path, world) as stack:
        image_id = await _enabled(stack)
    world.makes_prepared = "simulated 2"
    async with server(tmp_path, world) as stack:
        assert await _states(stack, image_id) == [MachineState.STALE]
        await Housekeeping(stack.running.cloud.world).go_round()
        assert await _states(stack, image_id) == []
        assert not await _is_from_memory(stack, image_id)
        assert await _is_from_memory(stack, image_id)
        await whole(stack)


async def test_a_machine_that_no_row_knows_goes_at_start(tmp_path: Path) -> None:
    world = SimulatedWorld()
    async with server(tmp_path, world) as stack:
        image_id = await _enabled(stack)
        (ours,) = world.prepared
    world.prepared[PreparedId("prepared-stranger")] = world.prepared[ours]
    async with server(tmp_path, world) as stack:
        assert set(world.prepared) == {ours}
        assert await _states(stack, image_id) == [MachineState.READY]


async def test_machines_that_cannot_be_looked_at_keep_no_server_from_starting(tmp_path: Path) -> None:
    world, clock = SimulatedWorld(), ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant(), world=world)
    driver.fail_next("all_prepared", DriverError("The disk is gone.", way_out="Ask again."))
    async with stack_on(Config(data_dir=tmp_path), driver, clock) as stack:
        assert await _is_from_memory(stack, await _enabled(stack))


async def test_what_cannot_be_forgotten_is_told_after_some_time(tmp_path: Path) -> None:
    world = SimulatedWorld()
    async with server(tmp_path, world) as stack:
        image_id, around = await _enabled(stack), stack.running.cloud.world
        await around.database.write(lambda connection: fast_launch.make_stale(connection, image_id, "not wanted"))
        for _ in range(2):
            stack.driver.fail_next("forget_prepared", DriverError("The disk is gone.", way_out="Ask again."))
            await forget_stale_machines(around)
            await stack.clock.advance(FAILS_AT_MOST)
        (trouble,) = around.troubles.overdue()
        assert trouble.what == "what is left of prepared machines cannot be deleted"
        await forget_stale_machines(around)
        assert around.troubles.overdue() == []
        assert await _states(stack, image_id) == []


async def test_what_a_workflow_that_broke_left_has_failed(tmp_path: Path) -> None:
    async with server(tmp_path, SimulatedWorld()) as stack:
        image_id, around = await _enabled(stack), stack.running.cloud.world
        at = stack.clock.now()
        left = PreparedMachine("prepared-0", image_id, 1, 512, MachineState.PREPARING, layer_id=None, created_at=at)
        await around.database.write(lambda connection: fast_launch.add_machine(connection, left))
        await fail_what_broke(around)
        assert await _states(stack, image_id) == [MachineState.FAILED, MachineState.READY]
        assert await _told(stack) == ("enabled-failed", _BROKE)
        sources, target = [FastLaunchState.ENABLED_FAILED], FastLaunchState.DISABLING
        disable = partial(fast_launch.move, image_id=image_id, sources=sources, target=target, reason="", at=at)
        await around.database.write(disable)
        await fail_what_broke(around)
        assert await _told(stack) == ("disabling-failed", _BROKE)
        await stack.call("DisableFastLaunch", ImageId=image_id)
        await stack.idle()
        assert await _states(stack, image_id) == []


async def test_what_a_workflow_does_just_now_has_not_failed(tmp_path: Path) -> None:
    async with server(tmp_path, SimulatedWorld()) as stack:
        began = asyncio.Event()

        async def look(method: str) -> None:
            if method in ("ensure_made", "forget_prepared"):
                await fail_what_broke(stack.running.cloud.world)
                began.set()

        stack.driver.faults.hook = look
        image_id = await _enabled(stack)
        assert began.is_set()
        assert await _told(stack) == ("enabled", "Client.UserInitiated")
        await stack.call("DisableFastLaunch", ImageId=image_id)
        await stack.idle()
        assert await _states(stack, image_id) == []


async def _told(stack: Stack) -> tuple[str, str]:
    (found,) = (await stack.call("DescribeFastLaunchImages"))["FastLaunchImages"]
    return found["State"], found["StateTransitionReason"]


async def test_the_layer_of_a_machine_is_known_to_what_looks_at_the_storage(tmp_path: Path) -> None:
    world = SimulatedWorld()
    async with server(tmp_path, world) as stack:
        image_id = await _enabled(stack)
        (machine,) = await stack.running.cloud.read(lambda connection: fast_launch.machines_of(connection, image_id))
        assert machine.layer_id is not None
        folder = tmp_path / PREPARED / machine.id
        folder.mkdir(parents=True)
        (folder / "memory").write_bytes(bytes(1 << 20))
        report = await stack.get("/_kumoniwa/storage")
        assert report["prepared_machines"] == 1
        assert dict(rows({**report, "prepared_bytes_on_disk": GIB}))["prepared"] == (
            "1 machine of fast launch, 1.0 GiB on disk"
        )
        assert report["prepared_bytes_on_disk"] >= 1 << 20
        assert (await stack.get("/_kumoniwa/storage/check"))["faults"] == []
        world.layers.tear(LayerId(machine.layer_id))
        (fault,) = (await stack.get("/_kumoniwa/storage/check"))["faults"]
        assert fault["needed_by"] == [machine.id]
