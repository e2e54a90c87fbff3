"""Security groups that network interfaces of other VPCs are in."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from networks import found, make_subnet, make_vpc

from kumoniwa.network.vpc.gather import gather

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def _group(cloud: BareCloud, vpc_id: str, name: str = "web") -> str:
    made: str = (await cloud.ask("CreateSecurityGroup", GroupName=name, Description=name, VpcId=vpc_id))["GroupId"]
    return made


async def _interface(cloud: BareCloud, subnet_id: str, group_id: str) -> str:
    made = await cloud.ask("CreateNetworkInterface", SubnetId=subnet_id, Groups=[group_id])
    assert [one["GroupId"] for one in made["NetworkInterface"]["Groups"]] == [group_id]
    interface_id: str = made["NetworkInterface"]["NetworkInterfaceId"]
    return interface_id


async def test_a_group_is_for_another_vpc_while_it_is_associated(cloud: BareCloud) -> None:
    own, other = await make_vpc(cloud), await make_vpc(cloud, "10.1.0.0/16")
    group, subnet = await _group(cloud, own), await make_subnet(cloud, other, "10.1.0.0/24")
    both: dict[str, Any] = {"GroupId": group, "VpcId": other}
    with refused("InvalidParameter"):
        await cloud.ask("CreateNetworkInterface", SubnetId=subnet, Groups=[group])
    assert await cloud.ask("AssociateSecurityGroupVpc", **both) == {"State": "associating"}
    assert await cloud.ask("AssociateSecurityGroupVpc", **both) == {"State": "associated"}
    groups = (await cloud.ask("GetSecurityGroupsForVpc", VpcId=other))["SecurityGroupForVpcs"]
    assert {one["GroupId"]: one["PrimaryVpcId"] for one in groups}[group] == own
    interface = await _interface(cloud, subnet, group)
    with refused("DependencyViolation"):
        await cloud.ask("DisassociateSecurityGroupVpc", **both)
    await cloud.ask("DeleteNetworkInterface", NetworkInterfaceId=interface)
    with refused("DependencyViolation"):
        await cloud.ask("DeleteSecurityGroup", GroupId=group)
    assert await cloud.ask("DisassociateSecurityGroupVpc", **both) == {"State": "disassociating"}
    with refused("InvalidParameter"):
        await cloud.ask("CreateNetworkInterface", SubnetId=subnet, Groups=[group])
    await cloud.ask("DeleteSecurityGroup", GroupId=group)


async def test_its_rules_filter_in_each_vpc_the_members_that_are_there(cloud: BareCloud) -> None:
    own, other = await make_vpc(cloud), await make_vpc(cloud, "10.1.0.0/16")
    group = await _group(cloud, own)
    pair = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}
    await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[pair])
    assert group not in (await cloud.database.read(partial(gather, vpc_id=other))).groups
    await cloud.ask("AssociateSecurityGroupVpc", GroupId=group, VpcId=other)
    interface = await _interface(cloud, await make_subnet(cloud, other, "10.1.0.0/24"), group)
    plans = [await cloud.database.read(partial(gather, vpc_id=vpc_id)) for vpc_id in (own, other)]
    assert plans[0].groups[group] == plans[1].groups[group]
    assert [one.traffic.first for one in plans[1].groups[group].ingress] == [80]
    assert plans[0].interfaces == {}
    assert plans[1].interfaces[interface].group_ids == (group,)


async def test_associations_are_listed_and_go_with_their_vpc(cloud: BareCloud) -> None:
    own = await make_vpc(cloud)
    others = [await make_vpc(cloud, f"10.{number}.0.0/16") for number in (1, 2)]
    groups = [await _group(cloud, own, name) for name in ("web", "database")]
    for group in groups:
        for other in others:
            await cloud.ask("AssociateSecurityGroupVpc", GroupId=group, VpcId=other)

    async def pairs(**filters: str) -> set[tuple[str, str]]:
        named = ("DescribeSecurityGroupVpcAssociations", "SecurityGroupVpcAssociations")
        return {(one["GroupId"], one["VpcId"]) for one in await found(cloud, *named, **filters)}

    every = {(group, other) for group in groups for other in others}
    assert await pairs(state="associated") == every
    assert await pairs(state="associating") == set()
    assert await pairs(group_id=groups[0]) == {(groups[0], other) for other in others}
    assert await pairs(vpc_id=others[1]) == {(group, others[1]) for group in groups}
    await cloud.ask("DeleteVpc", VpcId=others[1])
    assert await pairs(group_owner_id="123456789012", vpc_owner_id="123456789012") == {
        (group, others[0]) for group in groups
    }


async def test_what_cannot_be_associated_is_refused(cloud: BareCloud) -> None:
    own, other = await make_vpc(cloud), await make_vpc(cloud, "10.1.0.0/16")
    group = await _group(cloud, own)
    of_vpc = [{"Name": "vpc-id", "Values": [own]}]
    of_own = (await cloud.ask("DescribeSecurityGroups", Filters=of_vpc))["SecurityGroups"]
    default = next(one["GroupId"] for one in of_own if one["GroupName"] == "default")
    is_default = [{"Name": "is-default", "Values": ["true"]}]
    default_vpc = (await cloud.ask("DescribeVpcs", Filters=is_default))["Vpcs"][0]["VpcId"]
    for asked, code in (
        ((default, other), "UnsupportedOperation"),
        ((group, default_vpc), "UnsupportedOperation"),
        ((group, own), "InvalidParameterValue"),
        (("sg-0123456789abcdef0", other), "InvalidGroup.NotFound"),
        ((group, "vpc-0123456789abcdef0"), "InvalidVpcID.NotFound"),
    ):
        with refused(code):
            await cloud.ask("AssociateSecurityGroupVpc", GroupId=asked[0], VpcId=asked[1])
    with refused("InvalidParameterValue"):
        await cloud.ask("DisassociateSecurityGroupVpc", GroupId=group, VpcId=other)
