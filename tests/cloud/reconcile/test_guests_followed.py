"""What guests do by themselves, and what time brings, as callers see it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from stack import Stack, stack_on
from stored import workflows_on
from waiting import let_others_run, turns_until

from kumoniwa.clock import ManualClock, precise
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import DriverError, EventKind, GuestEvent, GuestLost, GuestState
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.hypervisor.simulated.guest import SimulatedGuest
from kumoniwa.hypervisor.simulated.machine import Machine
from kumoniwa.reconcile.note_events import note_event
from kumoniwa.reconcile.time import Housekeeping
from kumoniwa.store import claims
from kumoniwa.store.database import DatabaseUnavailable

pytestmark = pytest.mark.anyio


async def test_a_guest_that_reboots_itself_stays_running_and_its_boot_is_recorded(stack: Stack) -> None:
    instance_id = await stack.launch()
    before = await stack.instance(instance_id)
    stack.guest(instance_id).reboot_from_inside()
    boots = await stack.boots(instance_id, 2)
    assert [boot["cause"] for boot in boots] == ["action", "guest"]
    assert boots[0]["end_cause"] == "guest"
    assert await stack.instance(instance_id) == before


async def test_a_guest_that_panics_is_booted_again(stack: Stack) -> None:
    instance_id = await stack.launch()
    boot_id = stack.guest(instance_id).boot_id
    stack.guest(instance_id).panic()
    boots = await stack.boots(instance_id, 2)
    await stack.idle()
    assert boots[1]["cause"] == "panic"
    assert stack.guest(instance_id).boot_id != boot_id
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"


async def test_a_guest_that_powers_off_in_its_launch_is_stopped_though_that_could_not_be_noted(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, and not in the next round: its launch has it as long as it goes on."""
    refused = 0

    def note(connection: Connection, event: GuestEvent) -> None:
        nonlocal refused
        if event.kind is EventKind.SHUT_DOWN and not refused:
            refused += 1
            raise DatabaseUnavailable("database or disk is full")
        note_event(connection, event)

    async def power_off(method: str) -> None:
        if method == "ensure_running" and (guests := list(stack.driver.world.machines)):
            guest = stack.driver.guest(guests[0])
            if await guest.observe() is GuestState.RUNNING:
                guest.power_off_from_inside()
                await stack.followed()

    monkeypatch.setattr("kumoniwa.reconcile.guests.note_event", note)
    stack.driver.faults.hook = power_off
    instance_id = await stack.launch()
    stack.driver.faults.hook = None
    assert refused == 1
    assert (await stack.instance(instance_id))["State"]["Name"] == "stopped"


async def test_guests_that_do_not_answer_are_asked_once_a_round(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may take as long as is waited for an answer, and others wait for the end of the round."""
    ids = {await stack.launch() for _ in range(2)}
    asked: list[str] = []

    async def silent(guest: SimulatedGuest) -> GuestState:
        asked.append(guest._id)
        raise GuestLost("The guest does not answer.")

    monkeypatch.setattr(SimulatedGuest, "observe", silent)
    await stack.clock.advance(61)
    await turns_until(lambda: len(asked) >= len(ids))
    await stack.running.cloud.read(lambda _: None)
    await let_others_run()
    assert sorted(asked) == sorted(ids)


async def test_status_checks_are_ok_once_the_guest_is_reachable(stack: Stack) -> None:
    instance_id = await stack.launch()
    async with asyncio.timeout(10):
        while True:
            told = await stack.call("DescribeInstanceStatus", InstanceIds=[instance_id])
            status = told["InstanceStatuses"][0]["InstanceStatus"]
            if status["Status"] == "ok":
                break
    assert status["Details"][0]["Status"] == "passed"


async def test_a_sign_of_life_counts_for_the_boot_that_gave_it(tmp_path: Path) -> None:
    """Of a guest without an agent, nothing but its request for metadata tells that it is up."""
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=replace(Timing.instant(), boot=1e6))
    async with stack_on(Config(data_dir=tmp_path), driver, clock) as stack:
        follower = stack.running.follower
        instance_id = await stack.launch()
        await follower.seen(instance_id)
        await clock.advance(60)
        stack.guest(instance_id).panic()
        await stack.boots(instance_id, 2)
        await stack.idle()
        await clock.advance(100)
        for _ in range(5):  # as long as a belief in the sign of the boot before would take to be written
            assert (await stack.boots(instance_id, 2))[1]["reachable_at"] is None
        signed_at = clock.now()
        await follower.seen(instance_id)
        await clock.advance(120)
        await _status(stack, instance_id, "ok")
        boot = (await stack.boots(instance_id, 2))[1]
        assert boot["reachable_at"] == precise(signed_at + timedelta(seconds=120))


def _report_no_kernel(machine: Machine, kind: EventKind, detail: str = "", report: Any = Machine._report) -> None:
    if kind is not EventKind.KERNEL_STARTED:
        report(machine, kind, detail)


async def test_a_sign_of_life_says_nothing_of_a_boot_whose_kernel_has_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen on a busy host: the guest was reset just before the sign of its boot before was believed."""
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=replace(Timing.instant(), boot=1e6))
    async with stack_on(Config(data_dir=tmp_path), driver, clock) as stack:
        instance_id = await stack.launch()
        await stack.running.follower.seen(instance_id)
        await clock.advance(119)
        monkeypatch.setattr(Machine, "_report", _report_no_kernel)
        stack.guest(instance_id).panic()
        await stack.boots(instance_id, 2)
        await stack.idle()
        await clock.advance(2)
        for _ in range(5):
            assert (await stack.boots(instance_id, 2))[1]["reachable_at"] is None


async def test_a_boot_has_a_sign_of_life_of_its_own_soon_after_that_of_the_boot_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an agent, and without a console on which its kernel's start is seen."""
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=replace(Timing.instant(), boot=1e6))
    async with stack_on(Config(data_dir=tmp_path), driver, clock) as stack:
        instance_id = await stack.launch()
        monkeypatch.setattr(Machine, "_report", _report_no_kernel)
        await stack.running.follower.seen(instance_id)
        await clock.advance(60)
        stack.guest(instance_id).panic()
        await stack.boots(instance_id, 2)
        await stack.idle()
        await stack.running.follower.seen(instance_id)
        signed_at = clock.now()
        await clock.advance(61)
        assert [boot["reachable_at"] for boot in await stack.boots(instance_id, 2)] == [None, None]
        await clock.advance(60)
        async with asyncio.timeout(10):
            while (boot := (await stack.boots(instance_id, 2))[1])["reachable_at"] is None:
                pass
        assert boot["reachable_at"] == precise(signed_at + timedelta(seconds=120))


async def test_a_host_without_room_impairs_the_instance_until_there_is_some(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.guest(instance_id).run_out_of_space()
    await _status(stack, instance_id, "impaired")
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    stack.guest(instance_id).find_space()
    await _status(stack, instance_id, "ok")


async def test_a_start_that_fails_ends_stopped_and_says_why(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    stack.driver.fail_next("ensure_running", DriverError("There is no memory left.", way_out="Ask again."))
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    instance = await stack.instance(instance_id)
    assert instance["State"]["Name"] == "stopped"
    assert instance["StateReason"] == {
        "Code": "Server.InternalError",
        "Message": "Server.InternalError: There is no memory left. Ask again.",
    }


async def test_a_launch_that_fails_ends_terminated_and_leaves_nothing(stack: Stack) -> None:
    stack.driver.fail_next("ensure_running", DriverError("There is no memory left.", way_out="Ask again."))
    instance_id = await stack.launch()
    assert (await stack.instance(instance_id))["State"]["Name"] == "terminated"
    assert (await stack.call("DescribeVolumes"))["Volumes"] == []
    assert await stack.guest(instance_id).observe() is GuestState.ABSENT


async def test_a_guest_that_ignores_the_power_button_is_cut_off_and_its_image_is_not_at_rest(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.guest(instance_id).ignore_power_button = True
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    ended = asyncio.ensure_future(stack.idle())
    for _ in range(800):  # four minutes for the guest; never so far that requests signed now are expired
        if ended.done():
            break
        await stack.clock.advance(1)
        await asyncio.wait([ended], timeout=0.001)
    await ended
    assert (await stack.get(f"/_kumoniwa/images/{image_id}"))["consistency"] == "crash-consistent"
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    assert await stack.running.cloud.read(partial(claims.held, resource_ids=[instance_id])) == set()


@pytest.mark.parametrize("action", ["CreateImage", "RebootInstances"])
async def test_a_guest_that_a_reboot_left_down_is_brought_back_not_terminated(stack: Stack, action: str) -> None:
    instance_id = await stack.launch(InstanceInitiatedShutdownBehavior="terminate")
    stack.driver.fail_next("ensure_running", GuestLost("Its monitor does not answer."))
    if action == "CreateImage":
        await stack.call("CreateImage", InstanceId=instance_id, Name="golden")
    else:
        await stack.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    assert await stack.guest(instance_id).observe() is GuestState.RUNNING
    assert (await stack.boots(instance_id, 2))[-1]["cause"] == "recovery"


async def test_a_guest_that_goes_down_after_its_reboot_was_given_up_is_brought_back(stack: Stack) -> None:
    instance_id = await stack.launch(InstanceInitiatedShutdownBehavior="terminate")
    stack.driver.fail_next("ensure_shut_down", GuestLost("Its monitor does not answer."))
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    stack.guest(instance_id).power_off_from_inside()  # as it would, having heard the power button
    assert (await stack.boots(instance_id, 2))[-1]["cause"] == "recovery"
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"


async def test_an_image_after_a_start_that_may_have_run_does_not_claim_to_be_at_rest(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    stack.driver.fail_next("ensure_running", GuestLost("It did not say whether it runs."))
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    await stack.idle()
    assert (await stack.get(f"/_kumoniwa/images/{image_id}"))["consistency"] == "crash-consistent"


@pytest.fixture
def signed_by_its_clock(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers sign by the time of the cloud: how much of it passes while it works is not known here."""
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: stack.clock.now().replace(tzinfo=None))


@pytest.mark.usefixtures("signed_by_its_clock")
@pytest.mark.parametrize(
    ("action", "method", "between", "end"),
    [
        ("TerminateInstances", "ensure_forgotten", "shutting-down", "terminated"),
        ("StopInstances", "ensure_off", "stopping", "stopped"),
    ],
)
async def test_an_end_that_failed_is_tried_again(
    stack: Stack, action: str, method: str, between: str, end: str
) -> None:
    instance_id = await stack.launch()
    stack.driver.fail_next(method, DriverError("Its folder is in use.", way_out="Ask again."))
    await stack.call(action, InstanceIds=[instance_id])
    assert (await stack.instance(instance_id))["State"]["Name"] == between
    await _in_time(stack, instance_id, end)


@pytest.mark.usefixtures("signed_by_its_clock")
async def test_a_start_whose_failure_could_not_be_cleared_away_is_tried_again(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    for method in ("ensure_running", "ensure_off"):
        stack.driver.fail_next(method, DriverError("The host does not answer.", way_out="Ask again."))
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await _in_time(stack, instance_id, "stopped")
    reason = (await stack.instance(instance_id))["StateReason"]["Message"]
    assert reason == "Server.InternalError: The host does not answer. Ask again."
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.state(instance_id, "running")


async def _in_time(stack: Stack, instance_id: str, end: str) -> None:
    """Let time pass until the instance is in this state: what failed is tried again after a while."""
    async with asyncio.timeout(10):
        while (await stack.instance(instance_id))["State"]["Name"] != end:
            await stack.clock.advance(5)


async def test_a_guest_that_panics_at_every_boot_does_not_boot_without_pause(stack: Stack) -> None:
    instance_id = await stack.launch()
    for boots in (2, 3, 4):
        stack.guest(instance_id).panic()
        await stack.boots(instance_id, boots)
        await stack.idle()
    stack.guest(instance_id).panic()
    await stack.clock.advance(59)
    assert len(await stack.boots(instance_id, 4)) == 4
    await stack.clock.advance(62)
    await stack.boots(instance_id, 5)


async def test_workflows_are_forgotten_a_day_after_their_end_whatever_became_of_their_instance(stack: Stack) -> None:
    kept = await stack.launch()
    gone = await stack.launch()
    await stack.call("TerminateInstances", InstanceIds=[gone])
    await stack.idle()

    def counts(connection: Connection) -> list[int]:
        return [len(workflows_on(connection, one)) for one in (kept, gone)]

    world = stack.running.cloud.world
    # The newest of all stays, so that its number is not given again.
    for hours, left in ((2, [1, 2]), (25, [0, 1])):
        later = ManualClock(stack.clock.now() + timedelta(hours=hours))
        await Housekeeping(replace(world, clock=later)).go_round()
        assert await stack.running.cloud.read(counts) == left


async def _status(stack: Stack, instance_id: str, wanted: str) -> None:
    async with asyncio.timeout(10):
        while True:
            told = await stack.call("DescribeInstanceStatus", InstanceIds=[instance_id])
            if told["InstanceStatuses"][0]["InstanceStatus"]["Status"] == wanted:
                return


async def test_a_guest_whose_qemu_is_silent_keeps_no_other_from_being_followed(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One event of it took the minute that an answer has, and all others' events waited."""
    silent, other = await stack.launch(), await stack.launch()
    observe, asked = SimulatedGuest.observe, asyncio.Event()

    async def observed(guest: SimulatedGuest) -> GuestState:
        if guest.id == silent:
            asked.set()
            await asyncio.Event().wait()
        return await observe(guest)

    monkeypatch.setattr(SimulatedGuest, "observe", observed)
    stack.guest(silent).panic()
    async with asyncio.timeout(10):
        await asked.wait()
    stack.guest(other).reboot_from_inside()
    assert [boot["cause"] for boot in await stack.boots(other, 2)] == ["action", "guest"]
