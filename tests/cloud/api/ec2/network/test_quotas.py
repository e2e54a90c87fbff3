"""EC2's quotas: how one more than there may be is refused."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from networks import make_gateway, make_subnet, make_vpc

from kumoniwa.api.ec2.network import quotas
from kumoniwa.config import DEFAULT_ACCOUNT
from kumoniwa.model.peerings import WAITS

pytestmark = pytest.mark.anyio

_REACHED = "The maximum number of {} has been reached."


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


def _let(monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    """Let so many be the most: to make a thousand VPCs takes long."""
    monkeypatch.setattr(quotas, name, replace(getattr(quotas, name), raised=most))


@pytest.mark.parametrize(
    ("name", "present", "action", "asked", "code", "things"),
    [
        ("VPCS", 2, "CreateVpc", {"CidrBlock": "10.1.0.0/16"}, "VpcLimitExceeded", "VPCs"),
        ("INTERNET_GATEWAYS", 1, "CreateInternetGateway", {}, "InternetGatewayLimitExceeded", "internet gateways"),
        (
            "EGRESS_ONLY_GATEWAYS",
            0,
            "CreateEgressOnlyInternetGateway",
            {"VpcId": ...},
            "EgressOnlyInternetGatewayLimitExceeded",
            "egress-only internet gateways",
        ),
        ("ELASTIC_IPS", 0, "AllocateAddress", {}, "AddressLimitExceeded", "addresses"),
        ("ROUTE_TABLES", 1, "CreateRouteTable", {"VpcId": ...}, "RouteTableLimitExceeded", "route tables"),
        ("NETWORK_ACLS", 1, "CreateNetworkAcl", {"VpcId": ...}, "NetworkAclLimitExceeded", "network ACLs"),
    ],
)
async def test_one_more_than_a_quota_is_refused(
    cloud: BareCloud,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    present: int,
    action: str,
    asked: dict[str, Any],
    code: str,
    things: str,
) -> None:
    """`present` are there already: what a region and a VPC come with counts too."""
    vpc_id = await make_vpc(cloud)
    parameters = {each: vpc_id if value is ... else value for each, value in asked.items()}
    _let(monkeypatch, name, present + 1)
    await cloud.ask(action, **parameters)
    with refused(code, _REACHED.format(things)):
        await cloud.ask(action, **parameters)


async def test_a_vpc_has_so_many_subnets(cloud: BareCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each VPC for itself."""
    _let(monkeypatch, "SUBNETS", 1)
    first, second = await make_vpc(cloud), await make_vpc(cloud)
    await make_subnet(cloud, first)
    await make_subnet(cloud, second)
    with refused("SubnetLimitExceeded", _REACHED.format("subnets")):
        await make_subnet(cloud, second, "10.0.1.0/24")


async def test_a_region_has_so_many_security_groups(cloud: BareCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    await cloud.ask("CreateSecurityGroup", GroupName="a", Description="d")
    _let(monkeypatch, "SECURITY_GROUPS", 2)
    with refused("SecurityGroupLimitExceeded", _REACHED.format("security groups")):
        await cloud.ask("CreateSecurityGroup", GroupName="b", Description="d")


async def test_a_zone_has_so_many_nat_gateways(cloud: BareCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was deleted does not count, and each zone is for itself."""
    _let(monkeypatch, "NAT_GATEWAYS", 1)
    vpc_id = await make_vpc(cloud)
    subnets = [
        await make_subnet(cloud, vpc_id, f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{letter}")
        for number, letter in enumerate("aab")
    ]

    async def made(subnet_id: str) -> str:
        answer = await cloud.ask("CreateNatGateway", SubnetId=subnet_id, ConnectivityType="private")
        await cloud.done()
        return str(answer["NatGateway"]["NatGatewayId"])

    first = await made(subnets[0])
    await made(subnets[2])
    with refused("NatGatewayLimitExceeded", "Performing this operation would exceed the limit of 1 NAT gateways"):
        await made(subnets[1])
    await cloud.ask("DeleteNatGateway", NatGatewayId=first)
    await cloud.done()
    await made(subnets[1])


async def test_an_account_has_so_many_peering_requests_that_wait(
    cloud: BareCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all its VPCs in a region, as the requester; one that has expired does not count, also before that is
    written."""
    _let(monkeypatch, "PEERING_REQUESTS", 2)
    vpcs = [await make_vpc(cloud, f"10.{number}.0.0/16") for number in range(4)]
    of_other = await make_vpc(cloud, "10.9.0.0/16", account=(other := "222222222222"))

    async def asked(requester: int, accepter: int) -> str:
        of = {"VpcId": vpcs[requester], "PeerVpcId": vpcs[accepter]}
        made = await cloud.ask("CreateVpcPeeringConnection", **of)
        return str(made["VpcPeeringConnection"]["VpcPeeringConnectionId"])

    to_here = {"VpcId": of_other, "PeerVpcId": vpcs[0], "PeerOwnerId": DEFAULT_ACCOUNT}
    await cloud.ask("CreateVpcPeeringConnection", account=other, **to_here)
    first = await asked(0, 1)
    await asked(1, 2)
    reached = _REACHED.format("outstanding VPC peering connection requests")
    with refused("OutstandingVpcPeeringConnectionLimitExceeded", reached):
        await asked(2, 3)
    assert await asked(0, 1) == first, "what is there already is no further one"
    await cloud.ask("AcceptVpcPeeringConnection", VpcPeeringConnectionId=first)
    await asked(2, 3)
    with refused("OutstandingVpcPeeringConnectionLimitExceeded"):
        await asked(3, 0)
    await cloud.clock.advance(WAITS.total_seconds())
    await asked(3, 0)


async def test_routes_for_ipv4_and_for_ipv6_count_each_for_themselves(
    cloud: BareCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A prefix list counts for its kind of addresses, for as many as it may have entries."""
    _let(monkeypatch, "ROUTES", 3)
    vpc_id = await make_vpc(cloud)
    table_id = (await cloud.ask("CreateRouteTable", VpcId=vpc_id))["RouteTable"]["RouteTableId"]
    gateway = await make_gateway(cloud, vpc_id)
    asked: dict[str, Any] = {"PrefixListName": "moss", "AddressFamily": "IPv6", "MaxEntries": 2}
    ipv6_list = (await cloud.ask("CreateManagedPrefixList", **asked))["PrefixList"]["PrefixListId"]

    async def route(**to: str) -> None:
        await cloud.ask("CreateRoute", RouteTableId=table_id, GatewayId=gateway, **to)

    for number in range(3):
        await route(DestinationCidrBlock=f"10.{number + 1}.0.0/16")
    reached = _REACHED.format("routes")
    with refused("RouteLimitExceeded", reached):
        await route(DestinationCidrBlock="10.9.0.0/16")
    await route(DestinationPrefixListId=ipv6_list)
    await route(DestinationIpv6CidrBlock="2001:db8::/32")
    with refused("RouteLimitExceeded", reached):
        await route(DestinationIpv6CidrBlock="::/0")
    kept = await cloud.ask("ModifyManagedPrefixList", PrefixListId=ipv6_list, MaxEntries=3)
    assert kept["PrefixList"]["State"] == "modify-failed", "it does not fit beside the other IPv6 route"
    await cloud.ask("DeleteRoute", RouteTableId=table_id, DestinationIpv6CidrBlock="2001:db8::/32")
    fitting = await cloud.ask("ModifyManagedPrefixList", PrefixListId=ipv6_list, MaxEntries=3)
    assert fitting["PrefixList"]["State"] == "modify-complete", "IPv4 routes are not beside it"


async def test_rules_for_ipv4_and_for_ipv6_count_each_for_themselves(cloud: BareCloud) -> None:
    """What names a group counts for both."""
    group_id = (await cloud.ask("CreateSecurityGroup", GroupName="g", Description="d"))["GroupId"]

    async def admit(**sources: Any) -> None:
        permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **sources}
        await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=[permission])

    await admit(IpRanges=[{"CidrIp": f"10.0.{number}.0/24"} for number in range(60)])
    await admit(Ipv6Ranges=[{"CidrIpv6": f"2001:db8:{number:x}::/48"} for number in range(59)])
    with refused("RulesPerSecurityGroupLimitExceeded", _REACHED.format("rules per security group")):
        await admit(UserIdGroupPairs=[{"GroupId": group_id}])
    await admit(Ipv6Ranges=[{"CidrIpv6": "2001:db8:ffff::/48"}])
    with refused("RulesPerSecurityGroupLimitExceeded"):
        await admit(Ipv6Ranges=[{"CidrIpv6": "2001:db8:fffe::/48"}])
