"""What is kept of an instance's description is told only as long as it is true."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from asgi import Refused
from stack import Stack
from waiting import eventually_async

from kumoniwa.api.call import Call
from kumoniwa.api.descriptions import Descriptions
from kumoniwa.api.registry import ACTIONS
from kumoniwa.gateway.protocols.ec2 import ec2_codec

pytestmark = pytest.mark.anyio

_CODEC = ec2_codec()
_STEPS = 40


@dataclass(frozen=True)
class Heavy:
    """A description that weighs so much."""

    weight: int = 10


A, B, C = Heavy(), Heavy(), Heavy()


async def _told(stack: Stack, *, afresh: bool, **parameters: Any) -> bytes:
    """The XML of DescribeInstances, of what is kept or made anew."""
    cloud = stack.running.cloud
    if afresh:
        cloud = replace(cloud, descriptions=Descriptions(most=0))
    account, at = stack.running.key["account"], datetime(2026, 1, 1, tzinfo=UTC)
    call = Call("DescribeInstances", account, "us-east-1", "request", "key", at)
    answer = await ACTIONS["ec2"]["DescribeInstances"].function(cloud, call, parameters)
    return b"".join(_CODEC.result("DescribeInstances", answer, "request"))


async def _do_something(stack: Stack, choose: random.Random, instances: list[str], groups: list[str]) -> None:
    one = choose.choice(instances)
    attribute: dict[str, Any] = choose.choice(
        [
            {"InstanceType": {"Value": choose.choice(["t3.micro", "t3.small"])}},
            {"SourceDestCheck": {"Value": choose.random() < 0.5}},
            {"DisableApiStop": {"Value": choose.random() < 0.2}},
            {"EbsOptimized": {"Value": choose.random() < 0.5}},
            {"Groups": choose.sample(groups, choose.randint(1, len(groups)))},
            {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}]},
        ]
    )
    tag = {"Key": choose.choice("abc"), "Value": choose.choice(["1", "<2> & 3", ""])}
    acts: list[tuple[str, dict[str, Any]]] = [
        ("StopInstances", {"InstanceIds": [one]}),
        ("StartInstances", {"InstanceIds": [one]}),
        ("RebootInstances", {"InstanceIds": [one]}),
        ("CreateImage", {"InstanceId": one, "Name": f"image {choose.random()}"}),
        ("CreateTags", {"Resources": [one], "Tags": [tag]}),
        ("DeleteTags", {"Resources": [one], "Tags": [{"Key": tag["Key"]}]}),
        ("DeleteTags", {"Resources": [one]}),
        *[("ModifyInstanceAttribute", {"InstanceId": one, **attribute})] * 4,
        ("DeleteSecurityGroup", {"GroupId": choose.choice(groups)}),
    ]
    action, parameters = choose.choice(acts)
    if choose.random() < 0.05:
        action, parameters = "TerminateInstances", {"InstanceIds": [one]}
    try:
        await stack.call(action, **parameters)
    except Refused:
        return
    if choose.random() < 0.7:
        await stack.idle()
    if choose.random() < 0.1:
        instances.append(await stack.launch())
    if choose.random() < 0.1 and (await stack.instance(one))["State"]["Name"] == "running":
        stack.guest(one).power_off_from_inside()


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_kept_descriptions_are_those_that_would_be_made_anew(stack: Stack, seed: int) -> None:
    choose = random.Random(seed)
    instances = [await stack.launch() for _ in range(3)]
    groups = [
        (await stack.call("CreateSecurityGroup", GroupName=name, Description=name))["GroupId"]
        for name in ("one", "two")
    ]
    for _ in range(_STEPS):
        await _do_something(stack, choose, instances, groups)
        await stack.idle()
        assert await _told(stack, afresh=False) == await _told(stack, afresh=True)
        named = {"InstanceIds": [choose.choice(instances)]}
        assert await _told(stack, afresh=False, **named) == await _told(stack, afresh=True, **named)
        by_tag = {"Filters": [{"Name": "tag:a", "Values": ["*"]}]}
        assert await _told(stack, afresh=False, **by_tag) == await _told(stack, afresh=True, **by_tag)


async def test_only_so_many_descriptions_are_kept() -> None:
    kept: Descriptions[Heavy] = Descriptions(most=20)
    kept.keep({"a": 1, "b": 1}, {"a": A, "b": B})
    assert kept.that_hold({"a": 1, "b": 1}) == {"a": A, "b": B}
    kept.keep({"c": 1}, {"c": C})
    assert len(kept.known()) == 2
    kept.forget(kept.known())
    kept.keep({"c": 2, "a": 1}, {"c": A, "a": A})
    assert kept.that_hold({"a": 1, "b": 1, "c": 2}) == {"a": A, "c": A}
    kept.keep({"b": 1}, {"b": Heavy(30)})
    assert kept.that_hold({"b": 1}) == {}


async def test_whatever_goes_what_is_kept_weighs_no_more_than_it_may() -> None:
    kept: Descriptions[Heavy] = Descriptions(most=1000)
    choose = random.Random(1)
    weights: dict[str, int] = {}
    for version in range(2000):
        one = f"i-{choose.randrange(300)}"
        weights[one] = choose.randrange(1, 40)
        kept.keep({one: version}, {one: Heavy(weights[one])})
        if choose.random() < 0.1:
            kept.forget([f"i-{choose.randrange(300)}"])
        assert sum(weights[each] for each in kept.known()) <= 1000
    assert sum(weights[each] for each in kept.known()) > 900


async def test_a_listing_of_more_than_is_kept_finds_some_each_time() -> None:
    kept: Descriptions[Heavy] = Descriptions(most=1000)
    for turn in range(5):
        found = 0
        for each in (f"i-{number}" for number in range(150)):
            if kept.that_hold({each: 1}):
                found += 1
            else:
                kept.keep({each: 1}, {each: A})
        assert turn == 0 or found > 0


async def test_an_instance_that_is_forgotten_keeps_no_description(stack: Stack) -> None:
    gone, stays = await stack.launch(), await stack.launch()
    await stack.call("TerminateInstances", InstanceIds=[gone])
    await stack.idle()
    await _told(stack, afresh=False)
    kept = stack.running.cloud.descriptions
    assert kept.known() == {gone, stays}
    await stack.clock.advance(3700)

    async def is_forgotten() -> bool:
        await stack.clock.advance(60)  # until the next round of housekeeping
        return kept.known() == {stays}

    await eventually_async(is_forgotten, within=10)


async def test_a_description_of_another_version_does_not_hold() -> None:
    kept: Descriptions[Heavy] = Descriptions()
    kept.keep({"a": 1}, {"a": A})
    assert kept.that_hold({"a": 2}) == {}
    kept.keep({"a": 2}, {"a": B})
    assert kept.that_hold({"a": 2}) == {"a": B}


async def test_an_account_sees_no_instance_of_another_region(stack: Stack) -> None:
    instance = await stack.launch()
    assert instance.encode() in await _told(stack, afresh=False)
    call = Call("DescribeInstances", stack.running.key["account"], "eu-west-1", "request", "key", datetime.now(UTC))
    answer = await ACTIONS["ec2"]["DescribeInstances"].function(stack.running.cloud, call, {})
    assert answer == {"Reservations": [], "NextToken": None}
