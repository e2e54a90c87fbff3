"""More guests at once than a server does everything for at once: after a power failure of the host, or a flood."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from stack import Stack, stack_on
from waiting import let_others_run, turns_until

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import GuestId, GuestState
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.reconcile import guests
from kumoniwa.workflows import engine

pytestmark = pytest.mark.anyio
_MANY = 9


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(guests, "_AT_ONCE", 2)
    monkeypatch.setattr(guests, "_BEFORE_THE_DOORS", 3)
    monkeypatch.setattr(guests, "_MOST_WORKFLOWS", 3)


@pytest.mark.usefixtures("few_at_once")
async def test_all_lost_guests_are_brought_back_and_most_after_the_api_opens(tmp_path: Path) -> None:
    world, clock = SimulatedWorld(), ManualClock(datetime.now(UTC))
    config = Config(data_dir=tmp_path)
    async with stack_on(config, SimulatedDriver(clock, timing=Timing.instant(), world=world), clock) as stack:
        ids = await _launched(stack)
    for machine in world.machines.values():
        machine.pull_plug()
    async with stack_on(config, SimulatedDriver(clock, timing=Timing.instant(), world=world), clock) as stack:
        assert len(await _running(stack, ids)) < _MANY, "the others are brought back beside what callers ask for"
        async with asyncio.timeout(10):
            while len(await _running(stack, ids)) < _MANY:
                await let_others_run()
        await stack.idle()
        assert [len(await stack.boots(instance_id, 2)) for instance_id in ids] == [2] * _MANY
        assert {(await stack.instance(instance_id))["State"]["Name"] for instance_id in ids} == {"running"}


@pytest.mark.usefixtures("few_at_once")
async def test_launches_wait_for_each_other_where_they_are_many(stack: Stack) -> None:
    seen: list[int] = []

    async def look(_: str) -> None:
        seen.append(stack.running.cloud.engine._on_their_way)

    stack.driver.faults.hook = look
    ids = await _launched(stack)
    assert len(await _running(stack, ids)) == _MANY
    assert max(seen) == 2


@pytest.mark.usefixtures("few_at_once")
async def test_terminations_do_not_wait_for_what_hangs(stack: Stack) -> None:
    ids = await _launched(stack)
    for instance_id in ids:
        stack.guest(instance_id).ignore_power_button = True
    await stack.call("StopInstances", InstanceIds=ids[:4])
    await turns_until(lambda: stack.running.cloud.engine._on_their_way == 2)
    for _ in range(20):
        await let_others_run()
    assert stack.running.cloud.engine._on_their_way == 2, "two wait until their guests are down, two for these"
    await stack.call("TerminateInstances", InstanceIds=[ids[-1]], SkipOsShutdown=True)
    await stack.state(ids[-1], "terminated")
    for left in (4, 2):
        await turns_until(partial(_are_waited_for, stack, left))
        await stack.clock.advance(240)  # what a guest has for its shutdown
    await stack.idle()
    for instance_id in ids[:4]:
        await stack.state(instance_id, "stopped")


@pytest.mark.usefixtures("few_at_once")
async def test_a_round_does_not_wait_for_ever_for_what_hangs(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await _launched(stack)
    for instance_id in ids:
        stack.guest(instance_id).ignore_power_button = True
    await stack.call("StopInstances", InstanceIds=ids[:4])
    stack.driver.world.machines[GuestId(ids[-1])].pull_plug()
    await turns_until(partial(_are_waited_for, stack, 4))
    running, waits = stack.running.cloud.engine, asyncio.Event()
    fewer_than = running.fewer_than

    async def wait(count: int) -> None:
        waits.set()
        await fewer_than(count)

    monkeypatch.setattr(running, "fewer_than", wait)
    looking = asyncio.create_task(stack.running.follower._look_at([ids[-1]]))
    await asyncio.wait_for(waits.wait(), 10)
    await let_others_run(20)
    assert not looking.done(), "more workflows are live than a round adds to"
    await stack.clock.advance(60)
    await turns_until(looking.done)
    await looking
    for left in (5, 3):
        await turns_until(partial(_are_waited_for, stack, left))
        await stack.clock.advance(240)  # what a guest has for its shutdown
    await stack.idle()
    assert (await stack.instance(ids[-1]))["State"]["Name"] == "running"


def _are_waited_for(stack: Stack, left: int) -> bool:
    """Whether so many stops have not ended, and the two of them whose turn it is wait for their guests."""
    waited_for = sum(bool(machine._waiters._waiting) for machine in stack.driver.world.machines.values())
    return waited_for == 2 and len(stack.running.cloud.engine._live) == left


async def _launched(stack: Stack) -> list[str]:
    image = (await stack.call("DescribeImages"))["Images"][0]["ImageId"]
    launched = await stack.call("RunInstances", ImageId=image, InstanceType="t3.micro", MinCount=_MANY, MaxCount=_MANY)
    await stack.idle()
    return [str(instance["InstanceId"]) for instance in launched["Instances"]]


async def _running(stack: Stack, ids: list[str]) -> list[str]:
    """Those of these instances whose guests run."""
    return [instance_id for instance_id in ids if await stack.guest(instance_id).observe() is GuestState.RUNNING]
