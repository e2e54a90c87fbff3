"""Route tables: where they are used, their routes, and what becomes of a route's target."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asgi import Refused
from bare_cloud import BareCloud, bare_cloud, refused
from networks import found, make_gateway, make_subnet, make_vpc, only, tagged
from stack import Stack

pytestmark = pytest.mark.anyio

ANYWHERE = "0.0.0.0/0"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def make_table(cloud: BareCloud, vpc_id: str, **parameters: Any) -> str:
    made: str = (await cloud.ask("CreateRouteTable", VpcId=vpc_id, **parameters))["RouteTable"]["RouteTableId"]
    return made


async def table(cloud: BareCloud, table_id: str) -> dict[str, Any]:
    return await only(cloud, "DescribeRouteTables", "RouteTables", RouteTableIds=[table_id])


async def main_table(cloud: BareCloud, vpc_id: str) -> dict[str, Any]:
    (main,) = await found(cloud, "DescribeRouteTables", "RouteTables", vpc_id=vpc_id, association__main="true")
    return main


async def routes(cloud: BareCloud, table_id: str) -> dict[str, dict[str, Any]]:
    """The routes of a table but for the local ones, by destination."""
    shown = (await table(cloud, table_id))["Routes"]
    return {
        route.get("DestinationCidrBlock") or route["DestinationIpv6CidrBlock"]: route
        for route in shown
        if route.get("GatewayId") != "local"
    }


async def test_a_new_table_has_the_local_routes_of_its_vpcs_blocks(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud, AmazonProvidedIpv6CidrBlock=True)
    answer = await cloud.ask("CreateRouteTable", VpcId=vpc_id, TagSpecifications=tagged("route-table"))
    made = answer["RouteTable"]
    assert made["Associations"] == []
    assert made["PropagatingVgws"] == []
    assert made["Tags"] == [{"Key": "Name", "Value": "moss"}]
    assert made == await table(cloud, made["RouteTableId"])
    local, local_ipv6 = made["Routes"]
    of_local = {"GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
    assert local == {"DestinationCidrBlock": "10.0.0.0/16", **of_local}
    assert set(local_ipv6) == {"DestinationIpv6CidrBlock", *of_local}
    answer = await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, CidrBlock="10.4.0.0/16")
    shown = (await table(cloud, made["RouteTableId"]))["Routes"]
    assert [route.get("DestinationCidrBlock") for route in shown] == ["10.0.0.0/16", "10.4.0.0/16", None]
    await cloud.ask("DisassociateVpcCidrBlock", AssociationId=answer["CidrBlockAssociation"]["AssociationId"])
    assert (await table(cloud, made["RouteTableId"]))["Routes"] == made["Routes"]


async def test_a_subnet_uses_one_table_at_a_time(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    subnet_id, first, second = await make_subnet(cloud, vpc_id), *[await make_table(cloud, vpc_id) for _ in range(2)]
    answer = await cloud.ask("AssociateRouteTable", RouteTableId=first, SubnetId=subnet_id)
    association = answer["AssociationId"]
    assert answer["AssociationState"] == {"State": "associated"}
    assert await cloud.ask("AssociateRouteTable", RouteTableId=first, SubnetId=subnet_id) == answer
    with refused(
        "Resource.AlreadyAssociated",
        f"the specified association for route table {second} conflicts with an existing association",
    ):
        await cloud.ask("AssociateRouteTable", RouteTableId=second, SubnetId=subnet_id)
    with refused("DependencyViolation", f"The routeTable '{first}' has dependencies and cannot be deleted."):
        await cloud.ask("DeleteRouteTable", RouteTableId=first)
    assert (await table(cloud, first))["Associations"] == [
        {
            "RouteTableAssociationId": association,
            "RouteTableId": first,
            "Main": False,
            "SubnetId": subnet_id,
            "AssociationState": {"State": "associated"},
        }
    ]
    answer = await cloud.ask("ReplaceRouteTableAssociation", AssociationId=association, RouteTableId=second)
    new = answer["NewAssociationId"]
    assert new != association
    assert await cloud.ask("ReplaceRouteTableAssociation", AssociationId=new, RouteTableId=second) == answer
    (by_subnet,) = await found(cloud, "DescribeRouteTables", "RouteTables", association__subnet_id=subnet_id)
    assert by_subnet["RouteTableId"] == second
    await cloud.ask("DisassociateRouteTable", AssociationId=new)
    with refused("InvalidAssociationID.NotFound", f"The association ID '{new}' does not exist"):
        await cloud.ask("DisassociateRouteTable", AssociationId=new)
    await cloud.ask("DeleteRouteTable", RouteTableId=second)
    with refused("InvalidRouteTableID.NotFound", f"The routeTable ID '{second}' does not exist"):
        await cloud.ask("DescribeRouteTables", RouteTableIds=[second])


async def test_another_table_becomes_the_main_one(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    first, second = await main_table(cloud, vpc_id), await make_table(cloud, vpc_id)
    association = first["Associations"][0]["RouteTableAssociationId"]
    with refused("InvalidParameterValue", f"cannot disassociate the main route table association {association}"):
        await cloud.ask("DisassociateRouteTable", AssociationId=association)
    answer = await cloud.ask("ReplaceRouteTableAssociation", AssociationId=association, RouteTableId=second)
    main = await main_table(cloud, vpc_id)
    assert main["RouteTableId"] == second
    assert main["Associations"][0]["RouteTableAssociationId"] == answer["NewAssociationId"]
    assert main["Associations"][0]["Main"] is True
    with refused("DependencyViolation"):
        await cloud.ask("DeleteRouteTable", RouteTableId=second)
    with refused("DependencyViolation"):
        await cloud.ask("DeleteVpc", VpcId=vpc_id)
    await cloud.ask("DeleteRouteTable", RouteTableId=first["RouteTableId"])
    await cloud.ask("DeleteVpc", VpcId=vpc_id)


async def test_a_table_is_for_its_own_vpc(cloud: BareCloud) -> None:
    own, other = await make_vpc(cloud), await make_vpc(cloud, "10.9.0.0/16")
    table_id, subnet_id = await make_table(cloud, own), await make_subnet(cloud, other, "10.9.0.0/24")
    gateway = await make_gateway(cloud, other)
    with refused(
        "InvalidParameterValue", f"Route table {table_id} and subnet {subnet_id} belong to different networks"
    ):
        await cloud.ask("AssociateRouteTable", RouteTableId=table_id, SubnetId=subnet_id)
    association = (await main_table(cloud, other))["Associations"][0]["RouteTableAssociationId"]
    with refused("InvalidParameterValue"):
        await cloud.ask("ReplaceRouteTableAssociation", AssociationId=association, RouteTableId=table_id)
    with refused(
        "InvalidParameterValue", f"route table {table_id} and network gateway {gateway} belong to different networks"
    ):
        await cloud.ask("CreateRoute", RouteTableId=table_id, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)


async def test_a_gateway_has_a_table_while_it_is_attached(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    table_id, gateway = await make_table(cloud, vpc_id), await make_gateway(cloud, vpc_id)
    await cloud.ask("AssociateRouteTable", RouteTableId=table_id, GatewayId=gateway)
    (by_gateway,) = await found(cloud, "DescribeRouteTables", "RouteTables", association__gateway_id=gateway)
    assert by_gateway["RouteTableId"] == table_id
    await cloud.ask("DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc_id)
    assert (await table(cloud, table_id))["Associations"] == []


async def test_a_route_is_made_replaced_and_deleted(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    table_id, gateway = await make_table(cloud, vpc_id), await make_gateway(cloud, vpc_id)
    to = {"RouteTableId": table_id, "DestinationCidrBlock": "192.0.2.77/24"}
    assert await cloud.ask("CreateRoute", **to, GatewayId=gateway) == {"Return": True}
    shown = (await routes(cloud, table_id))["192.0.2.0/24"]
    assert shown == {
        "DestinationCidrBlock": "192.0.2.0/24",
        "GatewayId": gateway,
        "Origin": "CreateRoute",
        "State": "active",
    }
    with refused("RouteAlreadyExists", "The route identified by 192.0.2.0/24 already exists."):
        await cloud.ask("CreateRoute", **to, GatewayId=gateway)
    await cloud.ask("CreateRoute", RouteTableId=table_id, DestinationCidrBlock="192.0.2.0/25", GatewayId=gateway)
    await cloud.ask("ReplaceRoute", **to, GatewayId=gateway)
    with refused(
        "InvalidParameterValue",
        "There is no route defined for '1.1.1.1/32' in the route table. Use CreateRoute instead.",
    ):
        await cloud.ask("ReplaceRoute", RouteTableId=table_id, DestinationCidrBlock="1.1.1.1/32", GatewayId=gateway)
    (by_route,) = await found(cloud, "DescribeRouteTables", "RouteTables", route__gateway_id=gateway)
    assert by_route["RouteTableId"] == table_id
    await cloud.ask("DeleteRoute", **to)
    with refused(
        "InvalidRoute.NotFound", f"no route with destination-cidr-block 192.0.2.0/24 in route table {table_id}"
    ):
        await cloud.ask("DeleteRoute", **to)


async def test_a_route_becomes_a_blackhole_when_its_gateway_goes(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    table_id, gateway = await make_table(cloud, vpc_id), await make_gateway(cloud, vpc_id)
    await cloud.ask("CreateRoute", RouteTableId=table_id, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)
    await cloud.ask("DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc_id)
    assert (await routes(cloud, table_id))[ANYWHERE]["State"] == "blackhole"
    await cloud.ask("DeleteInternetGateway", InternetGatewayId=gateway)
    (by_state,) = await found(cloud, "DescribeRouteTables", "RouteTables", route__state="blackhole")
    assert by_state["RouteTableId"] == table_id
    assert (await routes(cloud, table_id))[ANYWHERE]["GatewayId"] == gateway


async def test_an_egress_only_gateway_is_for_ipv6(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    table_id = await make_table(cloud, vpc_id)
    made = (await cloud.ask("CreateEgressOnlyInternetGateway", VpcId=vpc_id))["EgressOnlyInternetGateway"]
    gateway = made["EgressOnlyInternetGatewayId"]
    target = {"RouteTableId": table_id, "EgressOnlyInternetGatewayId": gateway}
    await cloud.ask("CreateRoute", **target, DestinationIpv6CidrBlock="::/0")
    assert (await routes(cloud, table_id))["::/0"]["State"] == "active"
    with refused("InvalidParameterValue"):
        await cloud.ask("CreateRoute", **target, DestinationCidrBlock=ANYWHERE)
    await cloud.ask("DeleteEgressOnlyInternetGateway", EgressOnlyInternetGatewayId=gateway)
    assert (await routes(cloud, table_id))["::/0"]["State"] == "blackhole"
    await cloud.ask("DeleteRoute", RouteTableId=table_id, DestinationIpv6CidrBlock="::/0")


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({}, "MissingParameter", None),
        ({"DestinationCidrBlock": ANYWHERE}, "MissingParameter", None),
        ({"DestinationCidrBlock": "::/0"}, "InvalidParameterValue", "Value (::/0) for parameter destinationCidrBlock "
         "is invalid. This is not a valid CIDR block."),
        ({"DestinationCidrBlock": ANYWHERE, "DestinationIpv6CidrBlock": "::/0"}, "InvalidParameterCombination", None),
        ({"DestinationCidrBlock": ANYWHERE, "GatewayId": "igw-12345678", "InstanceId": "i-12345678"},
         "InvalidParameterCombination", None),
        ({"DestinationCidrBlock": ANYWHERE, "GatewayId": "igw-12345678"}, "InvalidInternetGatewayID.NotFound", None),
        ({"DestinationCidrBlock": ANYWHERE, "GatewayId": "vgw-12345678"}, "InvalidVpnGatewayID.NotFound", None),
        ({"DestinationCidrBlock": ANYWHERE, "NatGatewayId": "nat-12345678"}, "InvalidNatGatewayID.NotFound",
         "The natGateway ID 'nat-12345678' does not exist"),
        ({"DestinationCidrBlock": ANYWHERE, "InstanceId": "i-12345678"}, "InvalidInstanceID.NotFound", None),
        ({"DestinationCidrBlock": ANYWHERE, "NetworkInterfaceId": "eni-1234abcd"}, "InvalidNetworkInterfaceID.NotFound",
         "The networkInterface ID 'eni-1234abcd' does not exist"),
        ({"DestinationCidrBlock": ANYWHERE, "VpcPeeringConnectionId": "pcx-12345678"},
         "InvalidVpcPeeringConnectionID.NotFound", None),
        ({"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eoigw"}, "InvalidGatewayID.NotFound",
         "The eigw ID 'eoigw' does not exist"),
        ({"DestinationPrefixListId": "pl-12345678", "GatewayId": "igw-12345678"}, "InvalidPrefixListID.NotFound", None),
        ({"DestinationCidrBlock": ANYWHERE, "TransitGatewayId": "tgw-12345678"}, "UnsupportedOperation", None),
    ],
)  # fmt: skip
async def test_a_bad_route_is_refused(cloud: BareCloud, asked: dict[str, Any], code: str, message: str | None) -> None:
    table_id = await make_table(cloud, await make_vpc(cloud))
    with refused(code, message):
        await cloud.ask("CreateRoute", RouteTableId=table_id, **asked)


async def test_what_is_in_the_vpc_is_not_routed_to_a_gateway(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    table_id, gateway = await make_table(cloud, vpc_id), await make_gateway(cloud, vpc_id)
    with refused(
        "InvalidParameterValue",
        "The destination CIDR block 10.0.1.0/24 is equal to or more specific than one of this VPC's CIDR blocks. "
        "This route can target only an interface or an instance.",
    ):
        await cloud.ask("CreateRoute", RouteTableId=table_id, DestinationCidrBlock="10.0.1.0/24", GatewayId=gateway)
    with refused("InvalidParameterValue"):
        to = {"RouteTableId": table_id, "DestinationCidrBlock": "169.254.169.254/32"}
        await cloud.ask("CreateRoute", **to, GatewayId=gateway)
    await cloud.ask("CreateRoute", RouteTableId=table_id, DestinationCidrBlock="10.0.0.0/8", GatewayId=gateway)
    with refused("InvalidParameterValue", f"cannot remove local route 10.0.0.0/16 in route table {table_id}"):
        await cloud.ask("DeleteRoute", RouteTableId=table_id, DestinationCidrBlock="10.0.0.0/16")


async def test_a_local_route_is_there_already_and_never_leads_to_a_gateway(cloud: BareCloud) -> None:
    """Of each of the VPC's blocks: for other targets than an interface EC2 looks at the target first."""
    vpc_id = await make_vpc(cloud)
    table_id, gateway = await make_table(cloud, vpc_id), await make_gateway(cloud, vpc_id)
    await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, CidrBlock="10.5.0.0/16")
    subnet = (await cloud.ask("CreateSubnet", VpcId=vpc_id, CidrBlock="10.0.9.0/24"))["Subnet"]["SubnetId"]
    made = (await cloud.ask("CreateNetworkInterface", SubnetId=subnet))["NetworkInterface"]
    interface = made["NetworkInterfaceId"]
    of_interface = "Route target is not supported. This route only supports interface and instance targets."
    for block in ("10.0.0.0/16", "10.5.0.0/16"):
        to = {"RouteTableId": table_id, "DestinationCidrBlock": block}
        for action in ("CreateRoute", "ReplaceRoute"):
            with refused("InvalidParameterValue", of_interface):
                await cloud.ask(action, **to, GatewayId=gateway)
        with refused("RouteAlreadyExists", f"The route identified by {block} already exists."):
            await cloud.ask("CreateRoute", **to, NetworkInterfaceId=interface)
        await cloud.ask("ReplaceRoute", **to, NetworkInterfaceId=interface)


async def test_a_block_that_a_route_leads_to_is_not_added_to_the_vpc(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    table_id, gateway = await make_table(cloud, vpc_id), await make_gateway(cloud, vpc_id)
    await cloud.ask("CreateRoute", RouteTableId=table_id, DestinationCidrBlock="10.5.0.0/24", GatewayId=gateway)
    with refused("CidrConflict"):
        await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, CidrBlock="10.5.0.0/16")
    await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, CidrBlock="10.5.1.0/24")


async def test_a_route_to_an_instance_follows_its_guest(stack: Stack) -> None:
    instance_id = await stack.launch()
    instance = await stack.instance(instance_id)
    table_id = (await stack.call("CreateRouteTable", VpcId=instance["VpcId"]))["RouteTable"]["RouteTableId"]
    to = {"RouteTableId": table_id, "DestinationCidrBlock": ANYWHERE}

    async def state() -> dict[str, Any]:
        (shown,) = (await stack.call("DescribeRouteTables", RouteTableIds=[table_id]))["RouteTables"]
        route: dict[str, Any] = next(route for route in shown["Routes"] if route["DestinationCidrBlock"] == ANYWHERE)
        return route

    await stack.call("CreateRoute", **to, InstanceId=instance_id)
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    assert await state() == {
        "DestinationCidrBlock": ANYWHERE,
        "InstanceId": instance_id,
        "InstanceOwnerId": "123456789012",
        "NetworkInterfaceId": interface,
        "Origin": "CreateRoute",
        "State": "active",
    }
    local = {"RouteTableId": table_id, "DestinationCidrBlock": "172.31.0.0/16"}
    await stack.call("ReplaceRoute", **local, NetworkInterfaceId=interface)
    (shown,) = (await stack.call("DescribeRouteTables", RouteTableIds=[table_id]))["RouteTables"]
    assert [(route["Origin"], route.get("NetworkInterfaceId")) for route in shown["Routes"]] == [
        ("CreateRouteTable", interface),
        ("CreateRoute", interface),
    ]
    await stack.call("ReplaceRoute", **local, LocalTarget=True)
    with pytest.raises(Refused) as refusal:
        await stack.call("ReplaceRoute", **to, LocalTarget=True)
    assert refusal.value.code == "InvalidParameterCombination"
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await state())["State"] == "blackhole"
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    gone = await state()
    assert (gone["State"], gone["NetworkInterfaceId"]) == ("blackhole", interface)
    assert "InstanceId" not in gone


async def test_a_client_token_makes_one_table(stack: Stack) -> None:
    vpc_id = (await stack.call("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
    made = await stack.call("CreateRouteTable", VpcId=vpc_id, ClientToken="moss")
    assert made["ClientToken"] == "moss"
    assert await stack.call("CreateRouteTable", VpcId=vpc_id, ClientToken="moss") == made
    for action in ("CreateNetworkAcl", "CreateEgressOnlyInternetGateway"):
        first = await stack.call(action, VpcId=vpc_id, ClientToken="stone")
        assert first["ClientToken"] == "stone"
        assert await stack.call(action, VpcId=vpc_id, ClientToken="stone") == first
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
    assert len((await stack.call("DescribeRouteTables", Filters=filters))["RouteTables"]) == 2
    assert len((await stack.call("DescribeNetworkAcls", Filters=filters))["NetworkAcls"]) == 2
