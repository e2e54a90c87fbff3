"""Subnets: their addresses, attributes, IPv6 blocks, and their end."""

from collections.abc import AsyncIterator
from ipaddress import IPv6Network
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from networks import found, make_subnet, make_vpc, subnet, tagged, vpc

from kumoniwa.reconcile.time import Housekeeping

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def test_a_new_subnet_is_of_its_vpcs_addresses(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    asked: dict[str, Any] = {
        "CidrBlock": "10.0.1.77/24",
        "AvailabilityZone": "us-east-1b",
        "TagSpecifications": tagged("subnet"),
    }
    made = (await cloud.ask("CreateSubnet", VpcId=vpc_id, **asked))["Subnet"]
    assert made == await subnet(cloud, made["SubnetId"])
    assert (made["CidrBlock"], made["AvailableIpAddressCount"], made["State"]) == ("10.0.1.0/24", 251, "available")
    assert (made["AvailabilityZone"], made["AvailabilityZoneId"]) == ("us-east-1b", "use1-az2")
    assert (made["DefaultForAz"], made["MapPublicIpOnLaunch"]) == (False, False)
    assert made["Tags"] == [{"Key": "Name", "Value": "moss"}]
    by_id = await make_subnet(cloud, vpc_id, "10.0.2.0/28", AvailabilityZoneId="use1-az3")
    assert (await subnet(cloud, by_id))["AvailabilityZone"] == "us-east-1c"
    assert (await subnet(cloud, by_id))["AvailableIpAddressCount"] == 11
    (acl,) = await found(cloud, "DescribeNetworkAcls", "NetworkAcls", association__subnet_id=by_id)
    assert (acl["IsDefault"], acl["VpcId"]) == (True, vpc_id)


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"CidrBlock": "10.0.0.0/15"}, "InvalidSubnet.Range", "The CIDR '10.0.0.0/15' is invalid."),
        ({"CidrBlock": "10.0.0.0/29"}, "InvalidSubnet.Range", "The CIDR '10.0.0.0/29' is invalid."),
        ({"CidrBlock": "10.1.0.0/24"}, "InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."),
        ({"CidrBlock": "10.0.0.128/25"}, "InvalidSubnet.Conflict", "The CIDR '10.0.0.128/25' conflicts with another "
         "subnet"),
        ({"CidrBlock": "ten"}, "InvalidParameterValue", "Value (ten) for parameter cidrBlock is invalid. This is not "
         "a valid CIDR block."),
        ({"CidrBlock": "10.0.9.0/24", "AvailabilityZone": "us-west-1a"}, "InvalidParameterValue", "Value (us-west-1a) "
         "for parameter availabilityZone is invalid. Subnets can currently only be created in the following "
         "availability zones: us-east-1a, us-east-1b, us-east-1c."),
        ({}, "MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."),
        ({"Ipv6Native": True}, "MissingParameter", "Either 'ipv6CidrBlock' or 'ipv6IpamPoolId' should be provided."),
        ({"Ipv6Native": True, "CidrBlock": "10.0.9.0/24", "Ipv6CidrBlock": "1080::1:200C:417A/112"},
         "InvalidParameterCombination", "When specifying ipv4 parameters, cidrBlock or ipv4IpamPoolId, you cannot set "
         "ipv6Native to true."),
        ({"Ipv6Native": True, "Ipv6CidrBlock": "1080::1:200C:417A/112"}, "UnsupportedOperation", None),
        ({"CidrBlock": "10.0.9.0/24", "Ipv6CidrBlock": "2600:1f00::/64"}, "InvalidSubnet.Range", None),
        ({"VpcId": "vpc-00000000", "CidrBlock": "10.0.9.0/24"}, "InvalidVpcID.NotFound", "The vpc ID 'vpc-00000000' "
         "does not exist"),
    ],
)  # fmt: skip
async def test_a_bad_subnet_is_refused(cloud: BareCloud, asked: dict[str, Any], code: str, message: str | None) -> None:
    vpc_id = await make_vpc(cloud)
    await make_subnet(cloud, vpc_id)
    with refused(code, message):
        await cloud.ask("CreateSubnet", **{"VpcId": vpc_id, **asked})


async def test_attributes_are_changed_one_at_a_time(cloud: BareCloud) -> None:
    subnet_id = await make_subnet(cloud, await make_vpc(cloud))
    for attribute, value, path in (
        ("MapPublicIpOnLaunch", {"Value": True}, ("MapPublicIpOnLaunch",)),
        ("EnableDns64", {"Value": True}, ("EnableDns64",)),
        ("PrivateDnsHostnameTypeOnLaunch", "resource-name", ("PrivateDnsNameOptionsOnLaunch", "HostnameType")),
        (
            "EnableResourceNameDnsARecordOnLaunch",
            {"Value": True},
            ("PrivateDnsNameOptionsOnLaunch", "EnableResourceNameDnsARecord"),
        ),
        (
            "EnableResourceNameDnsAAAARecordOnLaunch",
            {"Value": True},
            ("PrivateDnsNameOptionsOnLaunch", "EnableResourceNameDnsAAAARecord"),
        ),
    ):
        changed: dict[str, Any] = {attribute: value}
        await cloud.ask("ModifySubnetAttribute", SubnetId=subnet_id, **changed)
        shown: Any = await subnet(cloud, subnet_id)
        for name in path:
            shown = shown[name]
        assert shown == (value["Value"] if isinstance(value, dict) else value), attribute
    with refused("InvalidParameterCombination"):
        both: dict[str, Any] = {"MapPublicIpOnLaunch": {"Value": False}, "EnableDns64": {"Value": False}}
        await cloud.ask("ModifySubnetAttribute", SubnetId=subnet_id, **both)
    with refused("InvalidParameterCombination", "No attributes specified."):
        await cloud.ask("ModifySubnetAttribute", SubnetId=subnet_id)
    told = (
        "Invalid value 'true' for assign-ipv6-address-on-creation. Cannot set assign-ipv6-address-on-creation to true "
        f"unless the subnet ({subnet_id}) has an IPv6 CIDR block associated with it."
    )
    with refused("InvalidParameterValue", told):
        await cloud.ask("ModifySubnetAttribute", SubnetId=subnet_id, AssignIpv6AddressOnCreation={"Value": True})
    with refused("UnsupportedOperation"):
        await cloud.ask("ModifySubnetAttribute", SubnetId=subnet_id, EnableLniAtDeviceIndex=1)


async def test_an_ipv6_block_is_of_its_vpcs(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud, AmazonProvidedIpv6CidrBlock=True)
    of_vpc = IPv6Network((await vpc(cloud, vpc_id))["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])
    first, second = (str(block) for block, _ in zip(of_vpc.subnets(new_prefix=64), range(2), strict=False))
    one = await make_subnet(cloud, vpc_id, Ipv6CidrBlock=first)
    other = await make_subnet(cloud, vpc_id, "10.0.1.0/24")
    with refused("InvalidSubnet.Conflict", f"The IPv6 CIDR '{first}' conflicts with another subnet"):
        await cloud.ask("AssociateSubnetCidrBlock", SubnetId=other, Ipv6CidrBlock=first)
    answer = await cloud.ask("AssociateSubnetCidrBlock", SubnetId=other, Ipv6CidrBlock=second)
    association = answer["Ipv6CidrBlockAssociation"]
    assert association["Ipv6CidrBlockState"] == {"State": "associating"}
    assert (await subnet(cloud, other))["Ipv6CidrBlockAssociationSet"] == [
        {**association, "Ipv6CidrBlockState": {"State": "associated"}}
    ]
    with refused("CidrLimitExceeded"):
        await cloud.ask("AssociateSubnetCidrBlock", SubnetId=one, Ipv6CidrBlock=second)
    await cloud.ask("ModifySubnetAttribute", SubnetId=other, AssignIpv6AddressOnCreation={"Value": True})
    by_block = {"ipv6_cidr_block_association__ipv6_cidr_block": second}
    assert [each["SubnetId"] for each in await found(cloud, "DescribeSubnets", "Subnets", **by_block)] == [other]
    with refused("InvalidCidrBlock.InUse"):
        in_use = (await vpc(cloud, vpc_id))["Ipv6CidrBlockAssociationSet"][0]["AssociationId"]
        await cloud.ask("DisassociateVpcCidrBlock", AssociationId=in_use)
    told = (
        f"The subnet IPv6 CIDR block with association ID {association['AssociationId']} may not be disassociated, "
        "because its subnet has assign-ipv6-address-on-creation set to true."
    )
    with refused("InvalidCidrBlock.InUse", told):
        await cloud.ask("DisassociateSubnetCidrBlock", AssociationId=association["AssociationId"])
    await cloud.ask("ModifySubnetAttribute", SubnetId=other, AssignIpv6AddressOnCreation={"Value": False})
    await cloud.ask("DisassociateSubnetCidrBlock", AssociationId=association["AssociationId"])
    former = {**association, "Ipv6CidrBlockState": {"State": "disassociated"}}
    assert (await subnet(cloud, other))["Ipv6CidrBlockAssociationSet"] == [former]
    by_state = {"ipv6_cidr_block_association__state": "disassociated"}
    assert [each["SubnetId"] for each in await found(cloud, "DescribeSubnets", "Subnets", **by_state)] == [other]
    with refused("InvalidSubnetCidrBlockAssociationID.NotFound"):
        await cloud.ask("DisassociateSubnetCidrBlock", AssociationId=association["AssociationId"])
    again = await cloud.ask("AssociateSubnetCidrBlock", SubnetId=other, Ipv6CidrBlock=second)
    present = {**again["Ipv6CidrBlockAssociation"], "Ipv6CidrBlockState": {"State": "associated"}}
    assert (await subnet(cloud, other))["Ipv6CidrBlockAssociationSet"] == [present, former]
    await cloud.clock.advance(61)
    await Housekeeping(cloud.cloud.world).follow_time()
    assert (await subnet(cloud, other))["Ipv6CidrBlockAssociationSet"] == [present]


async def test_a_deleted_subnet_leaves_its_route_table_and_network_acl(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    subnet_id = await make_subnet(cloud, vpc_id)
    table = (await cloud.ask("CreateRouteTable", VpcId=vpc_id))["RouteTable"]["RouteTableId"]
    await cloud.ask("AssociateRouteTable", RouteTableId=table, SubnetId=subnet_id)
    await cloud.ask("DeleteSubnet", SubnetId=subnet_id)
    with refused("InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist"):
        await cloud.ask("DescribeSubnets", SubnetIds=[subnet_id])
    await cloud.ask("DeleteRouteTable", RouteTableId=table)
    await cloud.ask("DeleteVpc", VpcId=vpc_id)
