"""VPCs: what each is made with, its blocks of addresses, its attributes, its end, and the default one."""

from collections.abc import AsyncIterator
from ipaddress import IPv6Network
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from networks import found, make_gateway, make_subnet, make_vpc, only, tagged, vpc

from kumoniwa.reconcile.time import Housekeeping

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def delete_default_vpc(cloud: BareCloud) -> str:
    default = await only(cloud, "DescribeVpcs", "Vpcs", Filters=[{"Name": "isDefault", "Values": ["true"]}])
    vpc_id: str = default["VpcId"]
    (gateway,) = await found(cloud, "DescribeInternetGateways", "InternetGateways", attachment__vpc_id=vpc_id)
    await cloud.ask("DetachInternetGateway", InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc_id)
    for one in await found(cloud, "DescribeSubnets", "Subnets", vpc_id=vpc_id):
        await cloud.ask("DeleteSubnet", SubnetId=one["SubnetId"])
    await cloud.ask("DeleteVpc", VpcId=vpc_id)
    return vpc_id


async def test_a_new_vpc_shows_its_empty_sets_and_later_leaves_them_out(cloud: BareCloud) -> None:
    made = (await cloud.ask("CreateVpc", CidrBlock="10.1.0.0/16"))["Vpc"]
    assert (made["Tags"], made["Ipv6CidrBlockAssociationSet"]) == ([], [])
    assert {"Tags", "Ipv6CidrBlockAssociationSet"}.isdisjoint(await vpc(cloud, made["VpcId"]))


async def test_a_new_vpc_has_what_terraform_reads_after_it_made_one(cloud: BareCloud) -> None:
    made = (await cloud.ask("CreateVpc", CidrBlock="10.1.2.3/16", TagSpecifications=tagged("vpc")))["Vpc"]
    assert made["State"] == "pending"
    vpc_id = made["VpcId"]
    shown = await vpc(cloud, vpc_id)
    assert made.pop("Ipv6CidrBlockAssociationSet") == [], "which DescribeVpcs leaves out"
    assert shown == {**made, "State": "available"}
    assert (shown["CidrBlock"], shown["IsDefault"], shown["InstanceTenancy"]) == ("10.1.0.0/16", False, "default")
    assert shown["Tags"] == [{"Key": "Name", "Value": "moss"}]
    assert shown["CidrBlockAssociationSet"][0]["CidrBlockState"] == {"State": "associated"}
    attributes = {
        "enableDnsSupport": ("EnableDnsSupport", True),
        "enableDnsHostnames": ("EnableDnsHostnames", False),
        "enableNetworkAddressUsageMetrics": ("EnableNetworkAddressUsageMetrics", False),
    }
    for attribute, (member, value) in attributes.items():
        answer = await cloud.ask("DescribeVpcAttribute", VpcId=vpc_id, Attribute=attribute)
        assert answer == {"VpcId": vpc_id, member: {"Value": value}}
    (acl,) = await found(cloud, "DescribeNetworkAcls", "NetworkAcls", default="true", vpc_id=vpc_id)
    assert acl["IsDefault"] is True
    (table,) = await found(cloud, "DescribeRouteTables", "RouteTables", association__main="true", vpc_id=vpc_id)
    assert [route["GatewayId"] for route in table["Routes"]] == ["local"]
    (group,) = await found(cloud, "DescribeSecurityGroups", "SecurityGroups", group_name="default", vpc_id=vpc_id)
    assert group["Description"] == "default VPC security group"
    (options,) = (await cloud.ask("DescribeDhcpOptions", DhcpOptionsIds=[shown["DhcpOptionsId"]]))["DhcpOptions"]
    assert {one["Key"] for one in options["DhcpConfigurations"]} == {"domain-name", "domain-name-servers"}


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"CidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid."),
        ({"CidrBlock": "10.0.0.0/29"}, "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."),
        ({"CidrBlock": "127.0.0.0/16"}, "InvalidVpc.Range", "The CIDR '127.0.0.0/16' is invalid."),
        (
            {"CidrBlock": "10.0.0.0"},
            "InvalidParameterValue",
            "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ),
        (
            {"CidrBlock": "10.0.0.0/255.255.0.0"},
            "InvalidParameterValue",
            "Value (10.0.0.0/255.255.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ),
        ({}, "MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."),
        (
            {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "host"},
            "UnsupportedTenancy",
            "The tenancy value host is not supported.",
        ),
        ({"CidrBlock": "10.0.0.0/16", "Ipv4IpamPoolId": "ipam-pool-1"}, "UnsupportedOperation", None),
    ],
)
async def test_a_bad_vpc_is_refused(cloud: BareCloud, asked: dict[str, Any], code: str, message: str | None) -> None:
    with refused(code, message):
        await cloud.ask("CreateVpc", **asked)


async def test_a_vpc_takes_what_was_made_with_it_and_nothing_else(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    gateway, subnet_id = await make_gateway(cloud, vpc_id), await make_subnet(cloud, vpc_id)
    table = (await cloud.ask("CreateRouteTable", VpcId=vpc_id))["RouteTable"]["RouteTableId"]
    acl = (await cloud.ask("CreateNetworkAcl", VpcId=vpc_id))["NetworkAcl"]["NetworkAclId"]
    group = (await cloud.ask("CreateSecurityGroup", GroupName="g", Description="d", VpcId=vpc_id))["GroupId"]
    egress = (await cloud.ask("CreateEgressOnlyInternetGateway", VpcId=vpc_id))["EgressOnlyInternetGateway"]
    in_the_way: list[tuple[str, dict[str, str]]] = [
        ("DetachInternetGateway", {"InternetGatewayId": gateway, "VpcId": vpc_id}),
        ("DeleteSubnet", {"SubnetId": subnet_id}),
        ("DeleteRouteTable", {"RouteTableId": table}),
        ("DeleteNetworkAcl", {"NetworkAclId": acl}),
        ("DeleteSecurityGroup", {"GroupId": group}),
        (
            "DeleteEgressOnlyInternetGateway",
            {"EgressOnlyInternetGatewayId": egress["EgressOnlyInternetGatewayId"]},
        ),
    ]
    for action, parameters in in_the_way:
        with refused("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted."):
            await cloud.ask("DeleteVpc", VpcId=vpc_id)
        await cloud.ask(action, **parameters)
    (main,) = await found(cloud, "DescribeRouteTables", "RouteTables", vpc_id=vpc_id)
    await cloud.ask("CreateTags", Resources=[vpc_id, main["RouteTableId"]], Tags=[{"Key": "k", "Value": "v"}])
    await cloud.ask("DeleteVpc", VpcId=vpc_id)
    for action, member in (
        ("DescribeVpcs", "Vpcs"),
        ("DescribeRouteTables", "RouteTables"),
        ("DescribeNetworkAcls", "NetworkAcls"),
        ("DescribeSecurityGroups", "SecurityGroups"),
    ):
        assert await found(cloud, action, member, vpc_id=vpc_id) == []
    assert (await cloud.ask("DescribeTags"))["Tags"] == []
    with refused("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist"):
        await cloud.ask("DeleteVpc", VpcId=vpc_id)


async def test_attributes_are_changed_one_at_a_time(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    await cloud.ask("ModifyVpcAttribute", VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    answer = await cloud.ask("DescribeVpcAttribute", VpcId=vpc_id, Attribute="enableDnsHostnames")
    assert answer["EnableDnsHostnames"] == {"Value": True}
    await cloud.ask("ModifyVpcAttribute", VpcId=vpc_id, EnableDnsHostnames={"Value": False})
    await cloud.ask("ModifyVpcAttribute", VpcId=vpc_id, EnableDnsSupport={"Value": False})
    with refused("InvalidParameterValue"):
        await cloud.ask("ModifyVpcAttribute", VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    with refused("InvalidParameterCombination"):
        await cloud.ask(
            "ModifyVpcAttribute", VpcId=vpc_id, EnableDnsHostnames={"Value": True}, EnableDnsSupport={"Value": True}
        )
    with refused("InvalidParameterCombination", "No attributes specified."):
        await cloud.ask("ModifyVpcAttribute", VpcId=vpc_id)


async def test_a_dedicated_vpc_becomes_a_shared_one(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud, InstanceTenancy="dedicated")
    assert (await vpc(cloud, vpc_id))["InstanceTenancy"] == "dedicated"
    with refused("UnsupportedTenancy", "The tenancy value unknown is not supported."):
        await cloud.ask("ModifyVpcTenancy", VpcId=vpc_id, InstanceTenancy="unknown")
    assert (await cloud.ask("ModifyVpcTenancy", VpcId=vpc_id, InstanceTenancy="default")) == {"ReturnValue": True}
    assert (await vpc(cloud, vpc_id))["InstanceTenancy"] == "default"


async def test_a_vpc_has_up_to_five_ipv6_blocks(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud, AmazonProvidedIpv6CidrBlock=True)
    for _ in range(4):
        await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, AmazonProvidedIpv6CidrBlock=True)
    with refused("CidrLimitExceeded", f"This network {vpc_id} has met its maximum number of allowed CIDRs: 5"):
        await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, AmazonProvidedIpv6CidrBlock=True)
    blocks = [IPv6Network(one["Ipv6CidrBlock"]) for one in (await vpc(cloud, vpc_id))["Ipv6CidrBlockAssociationSet"]]
    assert len(set(blocks)) == 5
    for number, block in enumerate(blocks):
        await make_subnet(cloud, vpc_id, f"10.0.{number}.0/24", Ipv6CidrBlock=str(next(block.subnets(new_prefix=64))))


async def test_a_block_that_was_taken_is_shown_for_a_while_and_counts_for_nothing(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud, AmazonProvidedIpv6CidrBlock=True)
    for _ in range(4):
        await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, AmazonProvidedIpv6CidrBlock=True)
    ipv4 = await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, CidrBlock="10.5.0.0/16")
    ipv6 = (await vpc(cloud, vpc_id))["Ipv6CidrBlockAssociationSet"][0]["AssociationId"]
    taken = [ipv4["CidrBlockAssociation"]["AssociationId"], ipv6]
    for association in taken:
        await cloud.ask("DisassociateVpcCidrBlock", AssociationId=association)
        with refused("InvalidVpcCidrBlockAssociationID.NotFound"):
            await cloud.ask("DisassociateVpcCidrBlock", AssociationId=association)
    shown = await vpc(cloud, vpc_id)
    assert [one["CidrBlockState"]["State"] for one in shown["CidrBlockAssociationSet"]] == [
        "associated",
        "disassociated",
    ]
    states = [one["Ipv6CidrBlockState"]["State"] for one in shown["Ipv6CidrBlockAssociationSet"]]
    assert states == ["disassociated"] + ["associated"] * 4
    assert shown["Ipv6CidrBlockAssociationSet"][0]["AssociationId"] == ipv6
    for kind in ("cidr_block_association", "ipv6_cidr_block_association"):
        (by_state,) = await found(cloud, "DescribeVpcs", "Vpcs", **{f"{kind}__state": "disassociated"})
        assert by_state["VpcId"] == vpc_id
    await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, CidrBlock="10.5.0.0/16")
    await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, AmazonProvidedIpv6CidrBlock=True)
    await cloud.clock.advance(61)
    await Housekeeping(cloud.cloud.world).follow_time()
    shown = await vpc(cloud, vpc_id)
    assert len(shown["Ipv6CidrBlockAssociationSet"]) == 5
    assert not {one["AssociationId"] for one in shown["CidrBlockAssociationSet"]} & set(taken)


async def test_a_further_ipv6_block_does_not_bring_back_what_was_taken_from_the_default_group(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud, AmazonProvidedIpv6CidrBlock=True)
    (group,) = await found(cloud, "DescribeSecurityGroups", "SecurityGroups", vpc_id=vpc_id)
    to_everywhere = [{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]
    await cloud.ask("RevokeSecurityGroupEgress", GroupId=group["GroupId"], IpPermissions=to_everywhere)
    await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, AmazonProvidedIpv6CidrBlock=True)
    (group,) = await found(cloud, "DescribeSecurityGroups", "SecurityGroups", vpc_id=vpc_id)
    assert [one["Ipv6Ranges"] for one in group["IpPermissionsEgress"]] == [[]]


async def test_groups_of_a_vpc_with_ipv6_reach_everything_by_it(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    before = (await cloud.ask("CreateSecurityGroup", GroupName="a", Description="d", VpcId=vpc_id))["GroupId"]
    await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, AmazonProvidedIpv6CidrBlock=True)
    after = (await cloud.ask("CreateSecurityGroup", GroupName="b", Description="d", VpcId=vpc_id))["GroupId"]
    groups = await found(cloud, "DescribeSecurityGroups", "SecurityGroups", vpc_id=vpc_id)
    by_ipv6 = {one["GroupName"]: [each["Ipv6Ranges"] for each in one["IpPermissionsEgress"]] for one in groups}
    everywhere = [[{"CidrIpv6": "::/0"}]]
    assert by_ipv6 == {"default": everywhere, "a": [[]], "b": everywhere}, (before, after)
    made = await make_vpc(cloud, AmazonProvidedIpv6CidrBlock=True)
    (default,) = await found(cloud, "DescribeSecurityGroups", "SecurityGroups", vpc_id=made)
    assert default["IpPermissionsEgress"][0]["Ipv6Ranges"] == everywhere[0]


async def test_a_deleted_default_vpc_stays_away_until_it_is_asked_for(cloud: BareCloud) -> None:
    await delete_default_vpc(cloud)
    assert (await cloud.ask("DescribeVpcs"))["Vpcs"] == []
    names: dict[str, Any] = {"AttributeNames": ["default-vpc"]}
    (attribute,) = (await cloud.ask("DescribeAccountAttributes", **names))["AccountAttributes"]
    assert attribute["AttributeValues"] == [{"AttributeValue": "none"}]
    with refused(
        "VPCIdNotSpecified",
        "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.",
    ):
        await cloud.ask("CreateSecurityGroup", GroupName="g", Description="d")
    with refused("DefaultVpcDoesNotExist", "No default VPC exists for this account in this region."):
        await cloud.ask("CreateDefaultSubnet", AvailabilityZone="us-east-1a")
    other = await make_vpc(cloud)
    assert [one["VpcId"] for one in (await cloud.ask("DescribeVpcs"))["Vpcs"]] == [other]
    made = (await cloud.ask("CreateDefaultVpc"))["Vpc"]
    assert (made["IsDefault"], made["CidrBlock"]) == (True, "172.31.0.0/16")
    subnets = await found(cloud, "DescribeSubnets", "Subnets", vpc_id=made["VpcId"], default_for_az="true")
    assert [one["CidrBlock"] for one in subnets] == ["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"]
    with refused("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region."):
        await cloud.ask("CreateDefaultVpc")
    await delete_default_vpc(cloud)
    assert [one["VpcId"] for one in (await cloud.ask("DescribeVpcs"))["Vpcs"]] == [other]


async def test_a_default_subnet_is_made_again_of_the_first_free_addresses(cloud: BareCloud) -> None:
    zones = ("us-east-1a", "us-east-1b", "us-east-1c")
    subnets = {one["AvailabilityZone"]: one for one in (await cloud.ask("DescribeSubnets"))["Subnets"]}
    for zone in zones:
        with refused(
            "DefaultSubnetAlreadyExistsInAvailabilityZone",
            f"'{subnets[zone]['SubnetId']}' is already the default subnet in {zone}.",
        ):
            await cloud.ask("CreateDefaultSubnet", AvailabilityZone=zone)
        await cloud.ask("DeleteSubnet", SubnetId=subnets[zone]["SubnetId"])
    await cloud.ask("CreateSubnet", VpcId=subnets[zones[0]]["VpcId"], CidrBlock="172.31.16.0/24")
    for zone, block in zip(reversed(zones), ("172.31.0.0/20", "172.31.32.0/20", "172.31.48.0/20"), strict=True):
        made = (await cloud.ask("CreateDefaultSubnet", AvailabilityZone=zone))["Subnet"]
        assert (made["AvailabilityZone"], made["CidrBlock"], made["DefaultForAz"]) == (zone, block, True)
        assert made["MapPublicIpOnLaunch"] is True


async def test_a_region_whose_options_were_deleted_makes_them_again(cloud: BareCloud) -> None:
    await delete_default_vpc(cloud)
    (options,) = (await cloud.ask("DescribeDhcpOptions"))["DhcpOptions"]
    await cloud.ask("DeleteDhcpOptions", DhcpOptionsId=options["DhcpOptionsId"])
    first, second = await make_vpc(cloud), await make_vpc(cloud)
    assert (await vpc(cloud, first))["DhcpOptionsId"] == (await vpc(cloud, second))["DhcpOptionsId"]
    assert (await vpc(cloud, first))["DhcpOptionsId"] != options["DhcpOptionsId"]
