"""What Kumoniwa's own routes say of instances: forwards as planned, with what was refused, and nothing is changed."""

import asyncio
from typing import Any

import pytest
from stack import Stack
from waiting import let_others_run, turns_until

from kumoniwa.hypervisor.driver import GuestLost

pytestmark = pytest.mark.anyio

SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


async def _admit_ssh(stack: Stack, instance_id: str) -> None:
    [group] = (await stack.instance(instance_id))["SecurityGroups"]
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=group["GroupId"], IpPermissions=[SSH])


async def test_a_refused_port_is_reported_until_the_ports_are_set_again(stack: Stack) -> None:
    instance_id = await stack.launch()
    refused = stack.driver.world.ports.refused
    refused.update(dict.fromkeys((22, 1046), "Permission denied"))
    await _admit_ssh(stack, instance_id)
    [forward] = (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["forwards"]
    assert (forward["protocol"], forward["guest_port"], forward["refused"]) == ("tcp", 22, "Permission denied")
    refused.clear()
    [forward] = (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["forwards"]
    assert forward["refused"] == "Permission denied"
    await stack.call("RevokeSecurityGroupIngress", GroupName="default", IpPermissions=[SSH])
    await _admit_ssh(stack, instance_id)
    [forward] = (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["forwards"]
    assert forward["refused"] is None


async def test_a_refused_port_is_tried_again_without_a_change_of_rules(stack: Stack) -> None:
    instance_id = await stack.launch()
    refused = stack.driver.world.ports.refused
    refused.update(dict.fromkeys((22, 1046), "another program listens there"))
    await _admit_ssh(stack, instance_id)
    await stack.clock.advance(60)
    [forward] = (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["forwards"]
    assert forward["refused"] == "another program listens there"
    refused.clear()
    await stack.clock.advance(60)
    await turns_until(lambda: not stack.running.cloud.world.refused_ports)
    [forward] = (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["forwards"]
    assert forward["refused"] is None
    assert len(stack.driver.world.ports.of(stack.guest(instance_id).id)) == 1


async def test_what_was_refused_is_forgotten_with_the_guest(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.driver.world.ports.refused.update(dict.fromkeys((22, 1046), "another program listens there"))
    await _admit_ssh(stack, instance_id)
    assert instance_id in stack.running.cloud.world.refused_ports
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.clock.advance(60)
    await turns_until(lambda: not stack.running.cloud.world.refused_ports)


async def test_a_look_at_an_instance_leaves_its_guest_alone(stack: Stack) -> None:
    instance_id = await stack.launch()
    await _admit_ssh(stack, instance_id)
    ports = stack.driver.world.ports
    opened = ports.of(stack.guest(instance_id).id)
    assert len(opened) == 1
    await stack.guest(instance_id).ensure_forwards([])
    await stack.get(f"/_kumoniwa/instances/{instance_id}")
    assert ports.of(stack.guest(instance_id).id) == ()


async def test_the_ports_of_a_guest_that_does_not_answer_at_the_start_are_asked_for_later(stack: Stack) -> None:
    instance_id = await stack.launch()
    await _admit_ssh(stack, instance_id)
    stack.driver.fail_next("observe", GuestLost("It does not answer."))
    await stack.running.follower.adopt()
    (forward,) = (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["forwards"]
    assert forward["refused"] == "The guest did not answer when the server started."
    await stack.clock.advance(60)
    await turns_until(lambda: not stack.running.cloud.world.refused_ports)
    (forward,) = (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["forwards"]
    assert forward["refused"] is None


async def test_who_has_an_instance_and_at_which_step_is_told(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.guest(instance_id).ignore_power_button = True
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    async with asyncio.timeout(10):
        while (claim := await _claim(stack, instance_id)) is None or claim["step"] != "shut the guest down":
            await let_others_run()
    assert (claim["kind"], claim["action"]) == ("reboot_instance", "RebootInstances")
    assert claim["principal"] == stack.running.key["access_key_id"]
    assert claim["at"] <= claim["step_since"]
    await stack.clock.advance(stack.running.cloud.world.config.shutdown_deadline)
    await stack.idle()
    assert await _claim(stack, instance_id) is None


async def _claim(stack: Stack, instance_id: str) -> Any:
    return (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["claimed_by"]
