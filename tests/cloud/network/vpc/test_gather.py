"""The plan of a VPC has what was made by the API, and each statement that reads it is on an index."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud
from heard_statements import EVERY_ROW, heard_statements, scanned
from sqlalchemy import Connection
from stack import Stack

from kumoniwa.config import DEFAULT_ACCOUNT, DEFAULT_REGION
from kumoniwa.model.gateways import NatGateway, NatGatewayState
from kumoniwa.model.peerings import Peering, PeeringState
from kumoniwa.model.prefix_lists import PrefixList, PrefixListEntry
from kumoniwa.model.security_groups import SecurityGroupRule
from kumoniwa.network.vpc import plan as of_plan
from kumoniwa.network.vpc.gather import NoSuchVpc, gather, gather_with_peers
from kumoniwa.network.vpc.plan import Plan, TargetKind, Traffic
from kumoniwa.store import security_groups
from kumoniwa.store.new_state import DATABASE_FILE
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.network_records import peerings, prefix_list_entries, prefix_lists
from kumoniwa.store.tables.routing import nat_gateways

pytestmark = pytest.mark.anyio

_THEN = datetime(2026, 11, 29, tzinfo=UTC)
_SCOPE: dict[str, Any] = {"account": DEFAULT_ACCOUNT, "region": DEFAULT_REGION}
_ANYWHERE = IPv4Network("0.0.0.0/0")


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def _gathered(cloud: BareCloud, vpc_id: str) -> Plan:
    return await cloud.database.read(partial(gather, vpc_id=vpc_id))


async def _made(cloud: BareCloud, action: str, member: str, identifier: str, **parameters: Any) -> str:
    return str((await cloud.ask(action, **parameters))[member][identifier])


async def _vpc(cloud: BareCloud, block: str = "10.0.0.0/16") -> tuple[str, str]:
    """A VPC and its subnet."""
    vpc_id = await _made(cloud, "CreateVpc", "Vpc", "VpcId", CidrBlock=block)
    cidr = block.replace("/16", "/24")
    return vpc_id, await _made(cloud, "CreateSubnet", "Subnet", "SubnetId", VpcId=vpc_id, CidrBlock=cidr)


async def _group(cloud: BareCloud, vpc_id: str, name: str = "web") -> str:
    made = await cloud.ask("CreateSecurityGroup", GroupName=name, Description=name, VpcId=vpc_id)
    return str(made["GroupId"])


async def test_a_new_vpc_is_planned_with_its_own_objects(cloud: BareCloud) -> None:
    vpc_id, subnet_id = await _vpc(cloud)
    plan = await _gathered(cloud, vpc_id)
    assert (plan.vpc_id, plan.region, plan.cidrs) == (vpc_id, DEFAULT_REGION, (IPv4Network("10.0.0.0/16"),))
    assert (plan.dns_support, plan.dns_hostnames, plan.internet_gateway) == (True, False, None)
    assert plan.dhcp == of_plan.DhcpOptions("ec2.internal", (IPv4Address("10.0.0.2"),))
    [(table_id, table)] = plan.route_tables.items()
    [(acl_id, acl)] = plan.acls.items()
    assert table.routes == ()
    assert plan.subnets == {subnet_id: of_plan.Subnet(subnet_id, IPv4Network("10.0.0.0/24"), table_id, acl_id)}
    entry = of_plan.AclEntry(100, True, Traffic(), _ANYWHERE)
    assert (acl.ingress, acl.egress) == ((entry,), (entry,))
    [group] = plan.groups.values()
    [inward], [outward] = group.ingress, group.egress
    assert (inward.traffic, inward.remote) == (Traffic(), of_plan.GroupReference(group.id))
    assert (outward.traffic, outward.remote) == (Traffic(), _ANYWHERE)
    assert not any((plan.interfaces, plan.nat_gateways, plan.peerings, plan.prefix_lists))


async def test_there_is_no_plan_of_what_is_not_there(cloud: BareCloud) -> None:
    with pytest.raises(NoSuchVpc):
        await _gathered(cloud, "vpc-0123456789abcdef0")


async def test_attributes_blocks_and_dhcp_options_are_the_vpcs(cloud: BareCloud) -> None:
    vpc_id, _ = await _vpc(cloud)
    await cloud.ask("ModifyVpcAttribute", VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    await cloud.ask("ModifyVpcAttribute", VpcId=vpc_id, EnableDnsSupport={"Value": False})
    await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, CidrBlock="10.4.0.0/16")
    await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, AmazonProvidedIpv6CidrBlock=True)
    told = {
        "domain-name": ["moss.example", "fern.example"],
        "domain-name-servers": ["10.0.0.77", "AmazonProvidedDNS"],
        "ntp-servers": ["10.0.0.78"],
    }
    options = await _made(
        cloud,
        "CreateDhcpOptions",
        "DhcpOptions",
        "DhcpOptionsId",
        DhcpConfigurations=[{"Key": key, "Values": values} for key, values in told.items()],
    )
    await cloud.ask("AssociateDhcpOptions", VpcId=vpc_id, DhcpOptionsId=options)
    plan = await _gathered(cloud, vpc_id)
    assert plan.cidrs == (IPv4Network("10.0.0.0/16"), IPv4Network("10.4.0.0/16"))
    assert (plan.dns_support, plan.dns_hostnames) == (False, True)
    assert plan.dhcp == of_plan.DhcpOptions(
        "moss.example fern.example", tuple(map(IPv4Address, ("10.0.0.77", "10.0.0.2"))), (IPv4Address("10.0.0.78"),)
    )
    await cloud.ask("AssociateDhcpOptions", VpcId=vpc_id, DhcpOptionsId="default")
    assert (await _gathered(cloud, vpc_id)).dhcp == of_plan.DhcpOptions()


async def test_an_interface_has_its_addresses_groups_and_public_addresses(cloud: BareCloud) -> None:
    vpc_id, subnet_id = await _vpc(cloud)
    gateway = await _made(cloud, "CreateInternetGateway", "InternetGateway", "InternetGatewayId")
    await cloud.ask("AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc_id)
    groups = [await _group(cloud, vpc_id, name) for name in ("web", "admin")]
    interface_id = await _made(
        cloud,
        "CreateNetworkInterface",
        "NetworkInterface",
        "NetworkInterfaceId",
        SubnetId=subnet_id,
        Groups=groups,
        PrivateIpAddresses=[
            {"PrivateIpAddress": "10.0.0.9", "Primary": True},
            {"PrivateIpAddress": "10.0.0.5", "Primary": False},
        ],
    )
    address = await cloud.ask("AllocateAddress", Domain="vpc")
    await cloud.ask(
        "AssociateAddress",
        AllocationId=address["AllocationId"],
        NetworkInterfaceId=interface_id,
        PrivateIpAddress="10.0.0.5",
    )
    plan = await _gathered(cloud, vpc_id)
    assert plan.internet_gateway == gateway
    interface = plan.interfaces[interface_id]
    assert interface.addresses == (
        of_plan.Address(IPv4Address("10.0.0.9")),
        of_plan.Address(IPv4Address("10.0.0.5"), IPv4Address(address["PublicIp"])),
    )
    assert interface.group_ids == tuple(groups)
    assert (interface.subnet_id, interface.source_dest_check, interface.live) == (subnet_id, True, False)


async def test_rules_and_entries_say_what_they_admit(cloud: BareCloud) -> None:
    vpc_id, _ = await _vpc(cloud)
    group_id = await _group(cloud, vpc_id)
    await cloud.ask("RevokeSecurityGroupEgress", GroupId=group_id, IpPermissions=[_permission("-1", None, None)])
    for permission in (
        _permission("tcp", 22, 25),
        _permission("icmp", 8, -1),
        _permission("47", None, None),
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": [{"GroupId": group_id}]},
        {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]},
    ):
        await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=[permission])
    acl_id = await _made(cloud, "CreateNetworkAcl", "NetworkAcl", "NetworkAclId", VpcId=vpc_id)
    entry: dict[str, Any] = {"NetworkAclId": acl_id, "Egress": False, "CidrBlock": "10.0.0.0/8"}
    await cloud.ask(
        "CreateNetworkAclEntry", **entry, RuleNumber=20, Protocol="6", RuleAction="deny", PortRange={"From": 1, "To": 9}
    )
    await cloud.ask(
        "CreateNetworkAclEntry",
        **entry,
        RuleNumber=10,
        Protocol="1",
        RuleAction="allow",
        IcmpTypeCode={"Type": 3, "Code": -1},
    )
    plan = await _gathered(cloud, vpc_id)
    group = plan.groups[group_id]
    assert group.egress == ()
    assert {(rule.traffic, rule.remote) for rule in group.ingress} == {
        (Traffic(6, 22, 25), _ANYWHERE),
        (Traffic(1, 8, None), _ANYWHERE),
        (Traffic(47), _ANYWHERE),
        (Traffic(17, 53, 53), of_plan.GroupReference(group_id)),
        (Traffic(), IPv6Network("2001:db8::/32")),
    }
    assert plan.acls[acl_id].ingress == (
        of_plan.AclEntry(10, True, Traffic(1, 3, None), IPv4Network("10.0.0.0/8")),
        of_plan.AclEntry(20, False, Traffic(6, 1, 9), IPv4Network("10.0.0.0/8")),
    )
    assert plan.acls[acl_id].egress == ()


def _permission(protocol: str, first: int | None, last: int | None) -> dict[str, Any]:
    ports = {} if first is None else {"FromPort": first, "ToPort": last}
    return {"IpProtocol": protocol, **ports, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


async def test_a_subnets_own_route_table_goes_before_the_main_one(cloud: BareCloud) -> None:
    vpc_id, subnet_id = await _vpc(cloud)
    gateway = await _made(cloud, "CreateInternetGateway", "InternetGateway", "InternetGatewayId")
    await cloud.ask("AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc_id)
    [main] = (await _gathered(cloud, vpc_id)).route_tables
    own = await _made(cloud, "CreateRouteTable", "RouteTable", "RouteTableId", VpcId=vpc_id)
    await cloud.ask("CreateRoute", RouteTableId=own, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    await cloud.ask("CreateRoute", RouteTableId=own, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
    assert (await _gathered(cloud, vpc_id)).subnets[subnet_id].route_table_id == main
    await cloud.ask("AssociateRouteTable", RouteTableId=own, SubnetId=subnet_id)
    plan = await _gathered(cloud, vpc_id)
    assert plan.subnets[subnet_id].route_table_id == own
    target = of_plan.Target(TargetKind.INTERNET_GATEWAY, gateway)
    assert plan.route_tables[own].routes == (of_plan.Route(_ANYWHERE, target),)


async def test_the_public_address_of_an_instance_is_its_primary_interfaces(stack: Stack) -> None:
    instance = await stack.instance(await stack.launch())
    plan = await stack.running.cloud.world.database.read(partial(gather, vpc_id=instance["VpcId"]))
    [interface] = plan.interfaces.values()
    assert interface.live
    assert interface.instance_id == instance["InstanceId"]
    assert interface.addresses == (
        of_plan.Address(IPv4Address(instance["PrivateIpAddress"]), IPv4Address(instance["PublicIpAddress"])),
    )
    await stack.call("StopInstances", InstanceIds=[instance["InstanceId"]])
    await stack.idle()
    plan = await stack.running.cloud.world.database.read(partial(gather, vpc_id=instance["VpcId"]))
    [interface] = plan.interfaces.values()
    assert not interface.live
    assert interface.addresses == (of_plan.Address(IPv4Address(instance["PrivateIpAddress"])),)


async def test_gateways_peers_and_prefix_lists_are_those_that_carry(cloud: BareCloud) -> None:
    vpc_id, subnet_id = await _vpc(cloud)
    other_id, other_subnet = await _vpc(cloud, "10.9.0.0/16")
    groups = [await _group(cloud, one) for one in (vpc_id, other_id)]
    gateway = await _made(cloud, "CreateInternetGateway", "InternetGateway", "InternetGatewayId")
    await cloud.ask("AttachInternetGateway", InternetGatewayId=gateway, VpcId=other_id)
    await cloud.ask("ModifyVpcAttribute", VpcId=other_id, EnableDnsHostnames={"Value": True})
    asked: dict[str, Any] = {"SubnetId": other_subnet, "Groups": [groups[1]], "PrivateIpAddress": "10.9.0.8"}
    made = await cloud.ask("CreateNetworkInterface", **asked, SecondaryPrivateIpAddressCount=1)
    address = await cloud.ask("AllocateAddress", Domain="vpc")
    to = {"NetworkInterfaceId": made["NetworkInterface"]["NetworkInterfaceId"], "PrivateIpAddress": "10.9.0.8"}
    await cloud.ask("AssociateAddress", AllocationId=address["AllocationId"], **to)
    await cloud.database.write(partial(_others, vpc_id=vpc_id, other_id=other_id, subnet_id=subnet_id, groups=groups))
    plan = await _gathered(cloud, vpc_id)
    assert plan.nat_gateways == {
        "nat-0a": of_plan.NatGateway("nat-0a", subnet_id, IPv4Address("10.0.0.7"), IPv4Address("127.9.9.9"), True),
        "nat-0b": of_plan.NatGateway("nat-0b", subnet_id, IPv4Address("10.0.0.8"), None, False),
    }
    [peering] = plan.peerings.values()
    assert (peering.id, peering.vpc_id, peering.cidrs) == ("pcx-0a", other_id, (IPv4Network("10.9.0.0/16"),))
    [(group_id, members)] = peering.members.items()
    assert group_id == groups[1]
    assert IPv4Address("10.9.0.8") in members
    assert len(members) == 2
    name = f"ec2-{address['PublicIp'].replace('.', '-')}.compute-1.amazonaws.com"
    assert peering.names == {name: IPv4Address("10.9.0.8")}
    assert plan.prefix_lists == {"pl-0a": of_plan.PrefixList("pl-0a", (IPv4Network("10.7.0.0/16"),))}
    plans = await cloud.database.read(partial(gather_with_peers, vpc_id=vpc_id))
    assert (set(plans), plans[vpc_id]) == ({vpc_id, other_id}, plan)
    [back] = (await _gathered(cloud, other_id)).peerings.values()
    assert (back.vpc_id, back.members, back.names) == (vpc_id, {}, {})


def _others(connection: Connection, *, vpc_id: str, other_id: str, subnet_id: str, groups: list[str]) -> None:
    """What no action makes yet: NAT gateways, peering connections and prefix lists."""
    states = (NatGatewayState.AVAILABLE, NatGatewayState.PENDING, NatGatewayState.DELETED)
    for number, state in enumerate(states):
        insert(
            connection,
            nat_gateways,
            NatGateway(
                id=f"nat-0{'abc'[number]}",
                **_SCOPE,
                vpc_id=vpc_id,
                subnet_id=subnet_id,
                public=True,
                state=state,
                created_at=_THEN,
                interface_id=None,
                private_ip=f"10.0.0.{7 + number}",
                public_ip=None if number else "127.9.9.9",
            ),
        )
    for letter, peering_state in (("a", PeeringState.ACTIVE), ("b", PeeringState.DELETED)):
        insert(
            connection,
            peerings,
            Peering(
                id=f"pcx-0{letter}",
                **_SCOPE,
                requester_vpc_id=vpc_id,
                accepter_account=DEFAULT_ACCOUNT,
                accepter_region=DEFAULT_REGION,
                accepter_vpc_id=other_id,
                state=peering_state,
                message="",
                created_at=_THEN,
                expires_at=_THEN,
                requester_resolves=True,
            ),
        )
    insert(connection, prefix_lists, PrefixList("pl-0a", **_SCOPE, name="moss", ipv6=False, most_entries=5, version=2))
    insert(
        connection,
        prefix_list_entries,
        PrefixListEntry("pl-0a", "10.6.0.0/16", None, 1, 2),
        PrefixListEntry("pl-0a", "10.7.0.0/16", None, 2),
    )
    rule: dict[str, Any] = {
        "group_id": groups[0],
        **_SCOPE,
        "egress": False,
        "protocol": "tcp",
        "from_port": 22,
        "to_port": 22,
    }
    security_groups.add_rules(
        connection,
        SecurityGroupRule(id="sgr-0a", **rule, source_group_id=groups[1]),
        SecurityGroupRule(id="sgr-0b", **rule, prefix_list_id="pl-0a"),
    )


async def test_each_of_its_statements_finds_its_rows_by_an_index(tmp_path: Path) -> None:
    with heard_statements() as heard:
        async with bare_cloud(tmp_path) as cloud:
            vpc_id, subnet_id = await _vpc(cloud)
            other_id, other_subnet = await _vpc(cloud, "10.9.0.0/16")
            groups = [await _group(cloud, one) for one in (vpc_id, other_id)]
            await cloud.ask("CreateNetworkInterface", SubnetId=other_subnet, Groups=[groups[1]])
            write = partial(_others, vpc_id=vpc_id, other_id=other_id, subnet_id=subnet_id, groups=groups)
            await cloud.database.write(write)
            heard.phase = "gather"
            await _gathered(cloud, vpc_id)
            heard.phase = "end"
    statements = [statement for (phase, _), statement in heard.statements.items() if phase == "gather"]
    assert 20 < len(statements) < 35
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as database:
        for statement in statements:
            assert scanned(database, statement) <= EVERY_ROW.keys(), statement
