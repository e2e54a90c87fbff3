"""What happened last in a region, and who called for it."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from asgi import Caller
from sqlalchemy import Connection
from stack import Stack

from kumoniwa.api.evidence.events import MOST_EVENTS
from kumoniwa.clock import precise
from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import InstanceState
from kumoniwa.store import boots, instances
from kumoniwa.store.instances import MOVES_KEPT
from kumoniwa.store.journal import Origin

pytestmark = pytest.mark.anyio


async def test_a_boot_names_the_call_and_its_caller_and_so_does_its_end(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.clock.advance(60)
    called = precise(stack.clock.now())
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    key = stack.running.key["access_key_id"]
    first, second = await stack.boots(instance_id, 2)
    assert (first["action"], first["principal"]) == ("RunInstances", key)
    assert (first["end_action"], first["end_principal"]) == ("RebootInstances", key)
    assert (second["action"], second["principal"], second["end_principal"]) == ("RebootInstances", key, None)
    assert first["end_called_at"] == second["called_at"] == called
    assert first["called_at"] < called


async def test_what_a_guest_does_by_itself_has_no_caller(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.guest(instance_id).reboot_from_inside()
    await stack.followed()
    _, second = await stack.boots(instance_id, 2)
    assert (second["cause"], second["action"], second["principal"]) == ("guest", None, None)


async def test_the_moments_of_every_state_are_known(stack: Stack) -> None:
    instance_id = await stack.launch()
    for action in ("StopInstances", "StartInstances", "TerminateInstances"):
        await stack.clock.advance(60)
        await stack.call(action, InstanceIds=[instance_id])
        await stack.idle()
    moves = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["moves"]
    assert [move["state"] for move in moves] == [
        *("pending", "running"),
        *("stopping", "stopped"),
        *("pending", "running"),
        *("shutting-down", "terminated"),
    ]
    assert all(before["at"] <= after["at"] for before, after in pairwise(moves))


async def test_a_reboot_moves_nothing(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    moves = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["moves"]
    assert [move["state"] for move in moves] == ["pending", "running"]


async def test_the_latest_moves_of_an_instance_are_kept(stack: Stack) -> None:
    instance_id = await stack.launch()
    steps = (InstanceState.RUNNING, InstanceState.STOPPING, InstanceState.STOPPED, InstanceState.PENDING)
    now = stack.clock.now()

    def many(connection: Connection) -> None:
        for _ in range(MOVES_KEPT // len(steps) + 1):
            for source, target in pairwise((*steps, steps[0])):
                assert instances.move(connection, instance_id, [source], target, at=now)

    await stack.running.cloud.world.database.write(many)
    moves = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["moves"]
    assert len(moves) == MOVES_KEPT
    assert [move["state"] for move in moves[-4:]] == ["stopping", "stopped", "pending", "running"]


async def test_events_are_the_latest_of_the_region_and_bounded(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.clock.advance(60)
    await stack.call("CreateImage", InstanceId=instance_id, Name="an image", NoReboot=False)
    await stack.idle()
    events = (await stack.get("/_kumoniwa/events"))["events"]
    told = [(event["what"], event.get("action") or event.get("state")) for event in events]
    assert set(told[:2]) == {("boot", "CreateImage"), ("image", "available")}
    assert set(told[2:]) == {("state", "running"), ("boot", "RunInstances"), ("state", "pending")}
    [image] = [event for event in events if event["what"] == "image"]
    assert (image["instance_id"], image["name"], image["consistency"]) == (instance_id, "an image", "at-rest")
    later = Origin("RebootInstances", "req-1", stack.clock.now() + timedelta(seconds=1))

    def many(connection: Connection) -> None:
        for number in range(MOST_EVENTS):
            origin = replace(later, at=later.at + timedelta(seconds=number))
            boots.ensure_begun(connection, f"boot-{number}", instance_id, Cause.ACTION, origin)

    await stack.running.cloud.world.database.write(many)
    events = (await stack.get("/_kumoniwa/events"))["events"]
    assert {event.get("action") for event in events} == {"RebootInstances"}
    assert [event["number"] for event in events] == list(range(MOST_EVENTS + 2, 2, -1))


async def test_events_of_another_region_are_not_told(stack: Stack) -> None:
    await stack.launch()
    key = stack.running.key
    elsewhere = Caller(stack.running.gateway, key["access_key_id"], key["secret_access_key"], region="eu-west-1")
    answer = await elsewhere.get("/_kumoniwa/events")
    assert (answer.status, json.loads(answer.body)) == (200, {"events": []})
