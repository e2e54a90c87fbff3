"""What does not get on is told: by DescribeInstanceStatus, by `/_kumoniwa/troubles`, by `kumoniwa doctor`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from life import Life
from points import Points
from sqlalchemy.exc import OperationalError
from stack import Stack
from waiting import let_others_run

from kumoniwa.client.doctor import Grade, trouble_finding
from kumoniwa.hypervisor.driver import DriverError, EventKind, GuestEvent, GuestLost, GuestState
from kumoniwa.store import instances, journal, layers
from kumoniwa.workflows.steps.volumes import publish_volumes

pytestmark = pytest.mark.anyio

Hook = Callable[[str], Awaitable[None]]


@pytest.fixture
async def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    async with Life(tmp_path).server(Points(), monkeypatch) as stack:
        yield stack
        assert stack.driver.world.layers.broken == []


def _raising(error: DriverError, *methods: str) -> Hook:
    async def refuse(method: str) -> None:
        if method in methods:
            raise error

    return refuse


def _hanging(*methods: str) -> Hook:
    async def hang(method: str) -> None:
        if method in methods:
            await asyncio.Event().wait()

    return hang


async def _passes(stack: Stack, minutes: float) -> None:
    """Let this much time pass, ten seconds at a time: what is tried again has its turn in between."""
    for _ in range(int(minutes * 6)):
        await stack.clock.advance(10)
        await let_others_run(20)


async def _system_status(stack: Stack, instance_id: str) -> dict[str, Any]:
    told = await stack.call("DescribeInstanceStatus", InstanceIds=[instance_id], IncludeAllInstances=True)
    status: dict[str, Any] = told["InstanceStatuses"][0]["SystemStatus"]
    return status


async def _told(stack: Stack) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = (await stack.get("/_kumoniwa/troubles"))["troubles"]
    assert all(trouble_finding(one).hint for one in told), "doctor shows each, with a way out"
    return told


async def _snapshot_of_root(stack: Stack, instance_id: str) -> str:
    root = (await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    return str((await stack.call("CreateSnapshot", VolumeId=root))["SnapshotId"])


async def test_a_workflow_that_tries_again_for_two_minutes_is_told_until_it_gets_on(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.driver.faults.hook = _raising(GuestLost("The guest says nothing."), "ensure_cut")
    began = stack.clock.now()
    await _snapshot_of_root(stack, instance_id)
    await _passes(stack, 1.5)
    assert (await _system_status(stack, instance_id))["Status"] == "ok"
    assert await _told(stack) == []
    await _passes(stack, 3)
    status = await _system_status(stack, instance_id)
    assert (status["Status"], status["Details"][0]["Status"]) == ("impaired", "failed")
    assert 0 <= (status["Details"][0]["ImpairedSince"] - began).total_seconds() < 60
    [trouble] = await _told(stack)
    assert trouble["instance_id"] == instance_id
    assert trouble["what"].startswith("CreateSnapshot, workflow wf-")
    assert trouble["what"].endswith("at the step “cut the volumes”")
    assert trouble["reason"] == "The guest says nothing."
    finding = trouble_finding(trouble)
    assert (finding.subject, finding.grade) == (instance_id, Grade.NOTE)
    assert trouble["what"] in finding.seen and "The guest says nothing." in finding.seen
    assert "TerminateInstances" in finding.hint
    assert (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["troubles"] == [trouble]
    stack.driver.faults.hook = None
    await _passes(stack, 2)
    await stack.idle()
    assert (await _system_status(stack, instance_id))["Status"] == "ok"
    assert await _told(stack) == []


async def test_what_has_no_instance_is_told_with_a_way_out_too(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise OSError("The host said no.")

    monkeypatch.setattr(publish_volumes, "ensure_published_available", refuse)
    await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1)
    await _passes(stack, 4)
    assert [one["instance_id"] for one in await _told(stack)] == [None]


async def test_a_round_that_is_not_finished_is_told_with_a_way_out(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("The host said no."))

    await stack.launch()
    monkeypatch.setattr(journal, "forget", refuse)
    monkeypatch.setattr(instances, "unclaimed_in", refuse)
    monkeypatch.setattr(layers, "long_chains", refuse)
    await _passes(stack, 5)
    told = {one["what"] for one in await _told(stack)}
    assert told == {"what is old is not forgotten", "guests are not looked after", "layers are not merged"}


async def test_a_step_that_does_not_end_is_told_after_a_quarter_of_an_hour(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.driver.faults.hook = _hanging("ensure_cut")
    await _snapshot_of_root(stack, instance_id)
    await _passes(stack, 14)
    assert await _told(stack) == []
    await _passes(stack, 2)
    [trouble] = await _told(stack)
    assert (trouble["instance_id"], trouble["reason"]) == (instance_id, None)
    assert (await _system_status(stack, instance_id))["Status"] == "impaired"
    assert "it has not ended" in trouble_finding(trouble).seen


async def test_a_guest_that_was_lost_and_does_not_boot_is_told(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.driver.faults.hook = _raising(DriverError("The host said no.", way_out="Ask again."), "ensure_running")
    stack.guest(instance_id).die()
    await _passes(stack, 5)
    [trouble] = await _told(stack)
    assert (trouble["instance_id"], trouble["reason"]) == (instance_id, "The host said no. Ask again.")
    assert (await _system_status(stack, instance_id))["Status"] == "impaired"
    stack.driver.faults.hook = None
    await _passes(stack, 2)
    assert await _told(stack) == []
    assert await stack.guest(instance_id).observe() is GuestState.RUNNING


async def test_a_port_that_stays_taken_is_told(stack: Stack) -> None:
    instance_id = await stack.launch()
    refused = stack.driver.world.ports.refused
    refused.update(dict.fromkeys((22, 1046), "another program listens there"))
    [group] = (await stack.instance(instance_id))["SecurityGroups"]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=group["GroupId"], IpPermissions=[ssh])
    assert await _told(stack) == []
    await _passes(stack, 3)
    [trouble] = await _told(stack)
    assert trouble["instance_id"] == instance_id and "another program listens there" in trouble["reason"]
    refused.clear()
    await _passes(stack, 1.5)
    assert await _told(stack) == []


async def test_file_systems_that_stay_frozen_are_told_until_they_are_thawed(stack: Stack) -> None:
    instance_id = await stack.launch()
    guest = stack.guest(instance_id).id

    def happens(kind: EventKind, detail: str = "") -> None:
        stack.driver.world.report(GuestEvent(guest, kind, stack.clock.now(), detail))

    happens(EventKind.STAYS_FROZEN, "the guest's agent did not answer")
    await stack.followed()
    await _passes(stack, 2)
    [trouble] = await _told(stack)
    assert (trouble["instance_id"], trouble["reason"]) == (instance_id, "the guest's agent did not answer")
    happens(EventKind.THAWED)
    await stack.followed()
    assert await _told(stack) == []


async def test_a_guest_that_ended_without_room_is_forgotten(stack: Stack) -> None:
    gone, stays = await stack.launch(), await stack.launch()
    for instance_id in (gone, stays):
        guest = stack.guest(instance_id).id
        stack.driver.world.report(GuestEvent(guest, EventKind.OUT_OF_SPACE, stack.clock.now()))
    await stack.followed()
    await stack.call("TerminateInstances", InstanceIds=[gone])
    await stack.idle()
    await _passes(stack, 1.5)
    assert stack.running.follower._without_room == {stays}


async def test_files_that_cannot_be_deleted_are_told(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.driver.faults.hook = _raising(DriverError("The host said no.", way_out="Ask again."), "ensure_deleted")
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    await _passes(stack, 3)
    [trouble] = await _told(stack)
    assert (trouble["instance_id"], trouble["reason"]) == (None, "The host said no.")
    assert trouble_finding(trouble).subject == "cloud"
    stack.driver.faults.hook = None
    await _passes(stack, 1.5)
    assert await _told(stack) == []


@pytest.mark.parametrize(
    "how",
    [
        _raising(DriverError("The host said no.", way_out="Ask again."), "ensure_off", "ensure_forgotten"),
        _hanging("ensure_off", "ensure_forgotten"),
    ],
    ids=["refused", "hangs"],
)
async def test_a_guest_that_cannot_be_ended_keeps_its_volumes_and_its_instance_is_terminated(
    stack: Stack, how: Hook
) -> None:
    instance_id = await stack.launch()
    stack.driver.faults.hook = how
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await _passes(stack, 10)
    assert (await stack.instance(instance_id))["State"]["Name"] == "terminated"
    [volume] = (await stack.call("DescribeVolumes"))["Volumes"]
    assert volume["State"] == "in-use", "its guest may write to it"
    await _passes(stack, 90)
    [trouble] = await _told(stack)
    assert (trouble["instance_id"], trouble["what"].split("“")[1]) == (instance_id, "forget what is left of the guest”")
    assert (await _system_status(stack, instance_id))["Status"] == "impaired", "it is shown as long as that is so"
    stack.driver.faults.hook = None
    await _passes(stack, 7)
    await stack.idle()
    assert (await stack.call("DescribeVolumes"))["Volumes"] == []
    assert await _told(stack) == []
    await _passes(stack, 2)
    assert (await stack.call("DescribeInstances"))["Reservations"] == []


@pytest.mark.parametrize("option", ["Force", "SkipOsShutdown"])
async def test_a_second_and_less_patient_termination_ends_what_the_first_one_waits_for(
    stack: Stack, option: str
) -> None:
    instance_id = await stack.launch()
    stack.driver.faults.hook = _hanging("ensure_cut")
    snapshot_id = await _snapshot_of_root(stack, instance_id)
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await _passes(stack, 3)
    assert (await stack.instance(instance_id))["State"]["Name"] == "shutting-down"
    await stack.call("TerminateInstances", InstanceIds=[instance_id], **{option: True})
    await _passes(stack, 2)
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "terminated"
    [overridden] = (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["overridden"]
    assert (overridden["action"], overridden["step"]) == ("CreateSnapshot", "cut the volumes")
    [snapshot] = (await stack.call("DescribeSnapshots", SnapshotIds=[snapshot_id]))["Snapshots"]
    assert snapshot["State"] == "error"
    assert snapshot["StateMessage"] == (
        f"Overridden by TerminateInstances {overridden['by']['request']}. "
        "Ask for it on another instance: this one is terminated."
    )
