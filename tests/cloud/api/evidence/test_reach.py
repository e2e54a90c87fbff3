"""Who reaches whom, with what decides: of security groups, routes and gateways, in the rows alone."""

from typing import Any
from urllib.parse import urlencode

import pytest
from stack import Stack

pytestmark = pytest.mark.anyio

_SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


async def _reach(stack: Stack, **asked: Any) -> dict[str, Any]:
    return await stack.get("/_kumoniwa/reach?" + urlencode({name.rstrip("_"): value for name, value in asked.items()}))


async def test_members_of_the_default_group_reach_each_other(stack: Stack) -> None:
    one, other = await stack.launch(), await stack.launch()
    found = await _reach(stack, from_=one, to=other, port=5432)
    assert found["reached"] is True
    assert found["back"], "the reply has its way too"
    assert {hop["vpc_id"] for hop in found["there"]} == {(await stack.instance(one))["VpcId"]}


async def test_a_group_that_admits_nothing_decides(stack: Stack) -> None:
    group = (await stack.call("CreateSecurityGroup", GroupName="shut", Description="shut"))["GroupId"]
    one, other = await stack.launch(), await stack.launch(SecurityGroupIds=[group])
    found = await _reach(stack, from_=one, to=other, port=5432)
    assert (found["reached"], found["deciding"]["admits"]) == (False, False)
    assert found["deciding"]["by"] == "security group"
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[_SSH])
    assert (await _reach(stack, from_=one, to=other, port=22))["reached"] is True
    assert (await _reach(stack, from_="internet", to=other, port=22))["reached"] is True
    assert (await _reach(stack, from_="internet", to=other, port=23))["reached"] is False
    assert (await _reach(stack, from_=other, to="1.1.1.1", port=443))["reached"] is True


async def test_without_a_route_there_is_no_way_out(stack: Stack) -> None:
    instance_id = await stack.launch()
    (table,) = (await stack.call("DescribeRouteTables"))["RouteTables"]
    await stack.call("DeleteRoute", RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    found = await _reach(stack, from_=instance_id, to="1.1.1.1", protocol="icmp")
    assert (found["reached"], found["deciding"]["by"]) == (False, "route table")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"to": "i-0123456789abcdef0", "port": 1}, "MissingParameter"),
        ({"from": "i-0123456789abcdef0", "to": "internet", "port": 1}, "InvalidInstanceID.NotFound"),
        ({"from": "moss", "to": "internet", "port": 1}, "InvalidParameterValue"),
        ({"from": "internet", "to": "internet", "port": 1}, "InvalidParameterValue"),
        ({"from": "internet", "to": "1.1.1.1", "port": 99999}, "InvalidParameterValue"),
        ({"from": "internet", "to": "1.1.1.1", "protocol": "gre"}, "InvalidParameterValue"),
        ({"from": "internet", "to": "1.1.1.1"}, "MissingParameter"),
    ],
)
async def test_what_is_no_way_is_refused(stack: Stack, asked: dict[str, Any], code: str) -> None:
    answer = await stack.caller.get("/_kumoniwa/reach?" + urlencode(asked))
    assert answer.status == 400 and code in answer.text
