"""A guest does what it is asked for, and nobody hears of it: then it is what it is seen to be."""

import pytest
from stack import Stack

from kumoniwa.hypervisor.driver import GuestLost, GuestState

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
