"""Who waits behind whom when an instance is terminated, and what a termination leaves alone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from life import Life
from points import Points
from sqlalchemy import Connection
from stack import Stack
from waiting import let_others_run

from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.hypervisor.simulated.guest import SimulatedGuest
from kumoniwa.refusal import Refusal
from kumoniwa.store import claims, journal
from kumoniwa.store.tables.workflows import workflows
from kumoniwa.workflows import engine

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    async with Life(tmp_path).server(Points(), monkeypatch) as stack:
        yield stack
        assert stack.driver.world.layers.broken == []


class _Gate:
    """The driver's methods of these names do not end until it is opened."""

    def __init__(self, *methods: str) -> None:
        self.methods = methods
        self.open = asyncio.Event()

    async def __call__(self, method: str) -> None:
        if method in self.methods:
            await self.open.wait()


async def _passes(stack: Stack, minutes: float) -> None:
    for _ in range(int(minutes * 6)):
        await stack.clock.advance(10)
        await let_others_run(20)


async def _snapshot(stack: Stack, volume_id: str) -> str:
    return str((await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"])


async def _snapshot_state(stack: Stack, snapshot_id: str) -> str:
    [snapshot] = (await stack.call("DescribeSnapshots", SnapshotIds=[snapshot_id]))["Snapshots"]
    return str(snapshot["State"])


async def _root(stack: Stack, instance_id: str) -> str:
    return str((await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])


async def _overridden(stack: Stack, instance_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["overridden"]
    return found


async def test_a_termination_looks_seldom_at_an_earlier_one_and_overrides_what_is_between_them(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance_id = await stack.launch()
    root = await _root(stack, instance_id)
    stack.driver.faults.hook = _Gate("ensure_cut", "ensure_off", "ensure_forgotten")
    await _snapshot(stack, root)
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    between = await _snapshot(stack, root)
    await stack.call("TerminateInstances", InstanceIds=[instance_id], Force=True)
    looks, override = 0, journal.override

    def counted(*given: Any, **named: Any) -> Any:
        nonlocal looks
        looks += 1
        return override(*given, **named)

    monkeypatch.setattr(journal, "override", counted)
    await _passes(stack, 30)
    assert (await stack.instance(instance_id))["State"]["Name"] == "terminated", "its guest is still there"
    assert looks < 60, "each is a transaction"
    stack.driver.faults.hook = None
    await _passes(stack, 10)
    await stack.idle()
    assert [one["step"] for one in await _overridden(stack, instance_id)] == ["cut the volumes", None]
    assert await _snapshot_state(stack, between) == "error"


async def test_a_termination_whose_turn_came_overrides_nothing_that_came_after_it(stack: Stack) -> None:
    instance_id = await stack.launch()
    root = await _root(stack, instance_id)
    change = {"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, BlockDeviceMappings=[change])
    gate = stack.driver.faults.hook = _Gate("ensure_cut")
    await _snapshot(stack, root)
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    after = await _snapshot(stack, root)
    await _passes(stack, 9)
    later = stack.driver.faults.hook = _Gate("observe")
    gate.open.set()
    await _passes(stack, 3)
    assert (await stack.instance(instance_id))["State"]["Name"] == "terminated"
    later.open.set()
    stack.driver.faults.hook = None
    await stack.idle()
    assert await _overridden(stack, instance_id) == []
    assert await _snapshot_state(stack, after) == "completed"


async def test_what_was_overridden_stays_so_when_the_termination_is_forgotten(stack: Stack) -> None:
    """What cannot be settled may be tried for longer than a termination that has ended is remembered."""
    instance_id = await stack.launch()
    root = await _root(stack, instance_id)
    stack.driver.faults.hook = _Gate("ensure_cut")
    await _snapshot(stack, root)
    await stack.call("TerminateInstances", InstanceIds=[instance_id])

    def overridden(connection: Connection) -> Refusal | None:
        holder = claims.holder(connection, instance_id)
        assert holder is not None
        [by] = journal.waiting(connection, ["terminate_instance"])
        journal.override(connection, by, {}, stack.clock.now())
        connection.execute(workflows.delete().where(workflows.c.id == by.id))
        return engine._found(connection, holder.id)[1]

    found = await stack.running.cloud.world.database.write(overridden)
    assert str(found) == (
        "Overridden by the termination of the instance. Ask for it on another instance: this one is terminated."
    )


async def test_what_a_new_server_resumes_has_some_time_before_it_is_overridden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(tmp_path)
    async with life.server(Points(), monkeypatch) as stack:
        instance_id = await stack.launch()
        stack.driver.faults.hook = _Gate("ensure_cut")
        snapshot_id = await _snapshot(stack, await _root(stack, instance_id))
        await stack.call("TerminateInstances", InstanceIds=[instance_id])
    life.clock.set_forward(timedelta(hours=1))  # the host was away
    cut = SimulatedGuest.ensure_cut

    async def cut_later(*given: Any, **named: Any) -> Any:
        await let_others_run(200)
        return await cut(*given, **named)

    monkeypatch.setattr(SimulatedGuest, "ensure_cut", cut_later)
    async with life.server(Points(), monkeypatch) as stack:
        await stack.idle()
        assert await _overridden(stack, instance_id) == []
        assert (await stack.instance(instance_id))["State"]["Name"] == "terminated"
        assert await _snapshot_state(stack, snapshot_id) == "completed"


async def test_a_boot_has_ended_whose_guest_had_to_be_killed_and_its_metadata_are_closed(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance_id = await stack.launch()
    closed = list[str]()

    async def close(instance_id: str) -> None:
        closed.append(instance_id)

    monkeypatch.setattr(stack.running.cloud.world.metadata, "ensure_closed", close)

    async def refuse(method: str) -> None:
        if method == "ensure_off":
            raise DriverError("The host said no.", way_out="Ask again.")

    stack.driver.faults.hook = refuse
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    [boot] = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["boots"]
    assert (boot["ended_at"] is not None, boot["end_action"], boot["end_clean"]) == (True, "TerminateInstances", False)
    assert closed == [instance_id]
