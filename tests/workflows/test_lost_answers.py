"""A guest does what it is asked for, or a commit is done, and nobody hears of it: then it is what it is seen to be."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack
from waiting import turns_until

from kumoniwa.hypervisor.driver import GuestLost, GuestState
from kumoniwa.store.database import DatabaseUnavailable, OutcomeUnknown, Work

pytestmark = pytest.mark.anyio


async def test_a_guest_that_boots_without_an_answer_is_stopped_when_it_powers_itself_off(stack: Stack) -> None:
    """Not brought back, as one is that a workflow had shut down and then could not boot."""
    instance_id = await stack.launch()
    points: list[str] = []

    async def lose_the_answer(method: str) -> None:
        points.append(method)
        if method == "ensure_running" and points.count(method) == 2:  # the first is before anything is done
            raise GuestLost("The guest does not answer.")

    stack.driver.faults.hook = lose_the_answer
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    stack.driver.faults.hook = None
    assert await stack.guest(instance_id).observe() is GuestState.RUNNING
    boot = (await stack.boots(instance_id, 2))[-1]
    assert (boot["action"], boot["ended_at"]) == ("RebootInstances", None)
    stack.guest(instance_id).power_off_from_inside()
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "stopped"


async def test_what_a_commit_submitted_whose_answer_was_lost_begins_once_the_database_can_be_written(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance_id = await stack.launch()
    database = stack.running.cloud.world.database
    write, is_away, in_vain = database.write, False, 0

    async def lose_the_first_answer(work: Work[Any], **how: Any) -> Any:
        nonlocal is_away, in_vain
        if is_away:
            in_vain += 1
            raise DatabaseUnavailable("it is away")
        await write(work, **how)
        is_away = True
        raise OutcomeUnknown("it was away")

    monkeypatch.setattr(database, "write", lose_the_first_answer)
    with pytest.raises(Refused, match="Unavailable"):
        await stack.call("StopInstances", InstanceIds=[instance_id])
    await turns_until(lambda: in_vain > 0)
    assert (await stack.instance(instance_id))["State"]["Name"] == "stopping"
    assert stack.running.cloud.engine.is_idle
    monkeypatch.setattr(database, "write", write)
    await stack.clock.advance(6)
    await stack.state(instance_id, "stopped")
