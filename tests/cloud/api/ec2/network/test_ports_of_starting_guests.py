"""What is to be open for a guest is planned before it starts, and again where rules have changed since."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from stack import Stack

from kumoniwa.hypervisor.driver import GuestId
from kumoniwa.workflows.steps.instances import instance_ports

pytestmark = pytest.mark.anyio

HTTPS = {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _open_ports(stack: Stack, instance_id: str) -> list[int]:
    return [forward.guest_port for forward in stack.driver.world.ports.of(GuestId(instance_id))]


async def test_rules_that_change_while_a_guest_starts_are_its_rules(stack: Stack) -> None:
    web = (await stack.call("CreateSecurityGroup", GroupName="web", Description="web"))["GroupId"]
    asked: list[Mapping[str, Any]] = []

    async def authorize(method: str) -> None:
        if method == "ensure_running" and not asked:
            asked.append(HTTPS)
            await stack.call("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[HTTPS])

    stack.driver.faults.hook = authorize
    instance_id = await stack.launch(SecurityGroupIds=[web])
    assert asked
    assert _open_ports(stack, instance_id) == [8443]


async def test_rules_that_stay_as_they_were_are_read_before_it_starts_and_not_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise AssertionError("they are read again")

    web = (await stack.call("CreateSecurityGroup", GroupName="web", Description="web"))["GroupId"]
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[HTTPS])
    monkeypatch.setattr(instance_ports, "planned", refuse)
    assert _open_ports(stack, await stack.launch(SecurityGroupIds=[web])) == [8443]


async def test_a_guest_that_does_not_answer_keeps_no_other_waiting_for_its_ports(stack: Stack) -> None:
    web = (await stack.call("CreateSecurityGroup", GroupName="web", Description="web"))["GroupId"]
    launched = [await stack.launch(SecurityGroupIds=[web]) for _ in range(2)]
    both = asyncio.Barrier(2)

    async def wait_for_the_other(method: str) -> None:
        if method == "ensure_forwards":
            async with asyncio.timeout(20):
                await both.wait()

    stack.driver.faults.hook = wait_for_the_other
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[HTTPS])
    assert [_open_ports(stack, instance_id) for instance_id in launched] == [[8443], [8443]]
