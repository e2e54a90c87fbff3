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


async def test_peered_vpcs_reach_each_other_by_routes_and_rules_that_name_a_prefix_list(stack: Stack) -> None:
    ends, vpcs, tables, groups = [], [], [], []
    for block in ("10.1.0.0/16", "10.2.0.0/16"):
        vpc_id = (await stack.call("CreateVpc", CidrBlock=block))["Vpc"]["VpcId"]
        of_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
        subnet = (await stack.call("CreateSubnet", VpcId=vpc_id, CidrBlock=block.replace("/16", "/24")))["Subnet"]
        ends.append(await stack.launch(SubnetId=subnet["SubnetId"]))
        vpcs.append(vpc_id)
        tables.append((await stack.call("DescribeRouteTables", Filters=of_vpc))["RouteTables"][0]["RouteTableId"])
        groups.append((await stack.call("DescribeSecurityGroups", Filters=of_vpc))["SecurityGroups"][0]["GroupId"])
    made = await stack.call("CreateVpcPeeringConnection", VpcId=vpcs[0], PeerVpcId=vpcs[1])
    peering = {"VpcPeeringConnectionId": made["VpcPeeringConnection"]["VpcPeeringConnectionId"]}
    await stack.call("AcceptVpcPeeringConnection", **peering)
    asked = {"PrefixListName": "both", "AddressFamily": "IPv4", "MaxEntries": 3, "Entries": [{"Cidr": "10.2.0.0/16"}]}
    list_id = (await stack.call("CreateManagedPrefixList", **asked))["PrefixList"]["PrefixListId"]
    for table in tables:
        await stack.call("CreateRoute", RouteTableId=table, DestinationPrefixListId=list_id, **peering)
    ssh = {**_SSH, "IpRanges": [], "PrefixListIds": [{"PrefixListId": list_id}]}
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=groups[1], IpPermissions=[ssh])

    address = (await stack.instance(ends[1]))["PrivateIpAddress"]

    async def reached() -> tuple[bool, str]:
        found = await _reach(stack, from_=ends[0], to=address, port=22)
        return found["reached"], found["deciding"]["by"]

    assert await reached() == (False, "security group")
    await stack.call("ModifyManagedPrefixList", PrefixListId=list_id, AddEntries=[{"Cidr": "10.1.0.0/16"}])
    assert (await reached())[0] is True
    await stack.call("DeleteVpcPeeringConnection", **peering)
    assert await reached() == (False, "VPC peering connection")


async def test_vpcs_of_the_same_addresses_do_not_meet(stack: Stack) -> None:
    ends = []
    for _ in range(2):
        vpc_id = (await stack.call("CreateVpc", CidrBlock="10.1.0.0/16"))["Vpc"]["VpcId"]
        subnet = (await stack.call("CreateSubnet", VpcId=vpc_id, CidrBlock="10.1.0.0/24"))["Subnet"]["SubnetId"]
        ends += [await stack.launch(SubnetId=subnet, PrivateIpAddress=f"10.1.0.{host}") for host in (10, 11)]
    one, neighbour, same, strange = ends
    assert (await _reach(stack, from_=one, to=neighbour, port=22))["reached"] is True
    for other in (same, strange):
        answer = await stack.caller.get("/_kumoniwa/reach?" + urlencode({"from": one, "to": other, "port": 22}))
        assert (answer.status, "to which nothing leads" in answer.text) == (404, True), answer.text
    found = await _reach(stack, from_=one, to="10.1.0.11", port=22)
    assert {hop["vpc_id"] for hop in found["there"]} == {(await stack.instance(one))["VpcId"]}


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
