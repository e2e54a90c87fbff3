"""Rules that name groups of peered VPCs: while the connection is active, and stale afterwards; groups for a VPC."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

_WEB = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}


async def _vpc(stack: Stack, cidr: str) -> str:
    vpc_id: str = (await stack.call("CreateVpc", CidrBlock=cidr))["Vpc"]["VpcId"]
    return vpc_id


async def _group(stack: Stack, vpc_id: str, name: str = "web") -> str:
    group_id: str = (await stack.call("CreateSecurityGroup", VpcId=vpc_id, GroupName=name, Description="of a test"))[
        "GroupId"
    ]
    return group_id


async def _peer(stack: Stack, requester: str, accepter: str) -> str:
    """A connection between two VPCs of one account, which is active."""
    made = await stack.call("CreateVpcPeeringConnection", VpcId=requester, PeerVpcId=accepter)
    peering_id: str = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    await stack.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering_id)
    return peering_id


async def _authorize(stack: Stack, group_id: str, source: str, **named: Any) -> dict[str, Any]:
    pairs = [{"GroupId": source, **named}]
    found: dict[str, Any] = await stack.call(
        "AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=[{**_WEB, "UserIdGroupPairs": pairs}]
    )
    return found


async def _pair(stack: Stack, group_id: str) -> dict[str, Any]:
    (group,) = (await stack.call("DescribeSecurityGroups", GroupIds=[group_id]))["SecurityGroups"]
    ((pair,),) = [permission["UserIdGroupPairs"] for permission in group["IpPermissions"]]
    shown: dict[str, Any] = pair
    return shown


async def _peered(stack: Stack) -> tuple[str, str, str, str, str]:
    """Two VPCs, a group of each, and the connection of the VPCs, before which neither could name the other."""
    own, other = await _vpc(stack, "10.0.0.0/16"), await _vpc(stack, "10.1.0.0/16")
    group, source = await _group(stack, own), await _group(stack, other)
    with pytest.raises(Refused) as refusal:
        await _authorize(stack, group, source)
    assert refusal.value.code == "InvalidGroup.NotFound"
    assert refusal.value.message == "You have specified two resources that belong to different networks."
    return own, other, group, source, await _peer(stack, own, other)


async def test_a_group_of_a_peered_vpc_is_named_while_the_connection_is_active(stack: Stack) -> None:
    own, other, group, source, peering = await _peered(stack)
    with pytest.raises(Refused, match="different networks"):
        await _authorize(stack, group, source, VpcPeeringConnectionId="pcx-0fedcba9876543210")
    (rule,) = (await _authorize(stack, group, source, VpcPeeringConnectionId=peering))["SecurityGroupRules"]
    connection = {"VpcId": other, "VpcPeeringConnectionId": peering, "PeeringStatus": "active"}
    assert rule["ReferencedGroupInfo"].items() >= {"GroupId": source, **connection}.items()
    assert (await _pair(stack, group)).items() >= {"GroupId": source, **connection}.items()
    references = (await stack.call("DescribeSecurityGroupReferences", GroupId=[source, group]))[
        "SecurityGroupReferenceSet"
    ]
    assert references == [{"GroupId": source, "ReferencingVpcId": own, "VpcPeeringConnectionId": peering}]
    assert (await stack.call("DescribeStaleSecurityGroups", VpcId=own))["StaleSecurityGroupSet"] == []


async def test_a_rule_is_stale_after_the_connection_and_is_revoked_all_the_same(stack: Stack) -> None:
    own, other, group, source, peering = await _peered(stack)
    await _authorize(stack, group, source)
    await stack.call("DeleteVpcPeeringConnection", VpcPeeringConnectionId=peering)
    (stale,) = (await stack.call("DescribeStaleSecurityGroups", VpcId=own))["StaleSecurityGroupSet"]
    assert (stale["GroupId"], stale["GroupName"], stale["VpcId"]) == (group, "web", own)
    assert stale["StaleIpPermissionsEgress"] == []
    (permission,) = stale["StaleIpPermissions"]
    assert (permission["FromPort"], permission["ToPort"], permission["IpRanges"]) == (80, 80, [])
    (pair,) = permission["UserIdGroupPairs"]
    assert (pair["VpcId"], pair["PeeringStatus"]) == (other, "deleted")
    assert (await stack.call("DescribeStaleSecurityGroups", VpcId=other))["StaleSecurityGroupSet"] == []
    assert (await stack.call("DescribeSecurityGroupReferences", GroupId=[source]))["SecurityGroupReferenceSet"] == []
    revoked = [{**_WEB, "UserIdGroupPairs": [{"GroupId": source}]}]
    await stack.call("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=revoked)
    assert (await stack.call("DescribeStaleSecurityGroups", VpcId=own))["StaleSecurityGroupSet"] == []


async def test_a_group_that_only_another_vpc_names_is_deleted_and_leaves_a_stale_rule(stack: Stack) -> None:
    own, other, group, source, _ = await _peered(stack)
    await _authorize(stack, group, source)
    beside = await _group(stack, other, "beside")
    await _authorize(stack, beside, source)
    with pytest.raises(Refused) as refusal:
        await stack.call("DeleteSecurityGroup", GroupId=source)
    assert refusal.value.code == "DependencyViolation"
    await stack.call("DeleteSecurityGroup", GroupId=beside)
    await stack.call("DeleteSecurityGroup", GroupId=source)
    (stale,) = (await stack.call("DescribeStaleSecurityGroups", VpcId=own))["StaleSecurityGroupSet"]
    assert stale["StaleIpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == source
    assert (await _pair(stack, group))["GroupId"] == source
    revoked = [{**_WEB, "UserIdGroupPairs": [{"GroupId": source}]}]
    await stack.call("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=revoked)


async def test_the_groups_for_a_vpc_are_its_own_filtered_and_paged(stack: Stack) -> None:
    vpc = await _vpc(stack, "10.0.0.0/16")
    made = [await _group(stack, vpc, f"group {number}") for number in range(6)]
    found = (await stack.call("GetSecurityGroupsForVpc", VpcId=vpc))["SecurityGroupForVpcs"]
    assert {one["GroupId"] for one in found} > set(made) and {one["PrimaryVpcId"] for one in found} == {vpc}
    assert all(one["Tags"] == [] for one in found)
    filters = [{"Name": "group-name", "Values": ["group 3"]}]
    (only,) = (await stack.call("GetSecurityGroupsForVpc", VpcId=vpc, Filters=filters))["SecurityGroupForVpcs"]
    assert only["GroupId"] == made[3]
    page = await stack.call("GetSecurityGroupsForVpc", VpcId=vpc, MaxResults=5)
    rest = await stack.call("GetSecurityGroupsForVpc", VpcId=vpc, MaxResults=5, NextToken=page["NextToken"])
    assert (len(page["SecurityGroupForVpcs"]), len(rest["SecurityGroupForVpcs"])) == (5, 2)


@pytest.mark.parametrize("action", ["DescribeStaleSecurityGroups", "GetSecurityGroupsForVpc"])
async def test_a_vpc_that_does_not_exist_is_refused(stack: Stack, action: str) -> None:
    with pytest.raises(Refused) as refusal:
        await stack.call(action, VpcId="vpc-0123456789abcdef0")
    assert refusal.value.code == "InvalidVpcID.NotFound"
