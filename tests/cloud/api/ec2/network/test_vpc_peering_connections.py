"""VPC peering connections: asked for, accepted, refused and ended, on both of their sides."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from asgi import Refused
from bare_cloud import BareCloud, bare_cloud
from networks import make_vpc, tagged
from stack import Stack

from kumoniwa.errors import Ec2Error
from kumoniwa.network.vpc.gather import gather
from kumoniwa.reconcile.time import Housekeeping
from kumoniwa.store.peerings import open_of

pytestmark = pytest.mark.anyio

OTHER_REGION = "eu-west-1"
HOUR, DAY = 3600, 86400


async def _vpc(stack: Stack, block: str, **where: Any) -> str:
    made: str = (await stack.call("CreateVpc", CidrBlock=block, **where))["Vpc"]["VpcId"]
    return made


async def _two(stack: Stack) -> tuple[str, str]:
    return await _vpc(stack, "10.1.0.0/16"), await _vpc(stack, "10.2.0.0/16")


async def _asked(stack: Stack, vpc_id: str, peer_id: str, **parameters: Any) -> str:
    asked = {"VpcId": vpc_id, "PeerVpcId": peer_id, **parameters}
    made: dict[str, Any] = (await stack.call("CreateVpcPeeringConnection", **asked))["VpcPeeringConnection"]
    assert made["Status"]["Code"] == "initiating-request"
    peering_id: str = made["VpcPeeringConnectionId"]
    return peering_id


async def _accepted(stack: Stack, vpc_id: str, peer_id: str) -> str:
    peering_id = await _asked(stack, vpc_id, peer_id)
    accepted = await stack.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering_id)
    assert accepted["VpcPeeringConnection"]["Status"] == {"Code": "provisioning", "Message": "Provisioning"}
    return peering_id


async def _described(stack: Stack, peering_id: str) -> dict[str, Any]:
    found = await stack.call("DescribeVpcPeeringConnections", VpcPeeringConnectionIds=[peering_id])
    (shown,) = found["VpcPeeringConnections"]
    one: dict[str, Any] = shown
    return one


async def _state(stack: Stack, peering_id: str) -> str:
    code: str = (await _described(stack, peering_id))["Status"]["Code"]
    return code


async def test_a_request_is_accepted_and_carries(stack: Stack) -> None:
    first, second = await _two(stack)
    tags = [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "a", "Value": "b"}]}]
    peering_id = await _asked(stack, first, second, TagSpecifications=tags)
    waiting = await _described(stack, peering_id)
    owner = waiting["RequesterVpcInfo"]["OwnerId"]
    assert waiting["Status"] == {"Code": "pending-acceptance", "Message": f"Pending Acceptance by {owner}"}
    assert waiting["RequesterVpcInfo"]["CidrBlock"] == "10.1.0.0/16"
    assert "CidrBlock" not in waiting["AccepterVpcInfo"]
    assert (waiting["ExpirationTime"] - stack.clock.now()).days in (6, 7)
    assert waiting["Tags"] == [{"Key": "a", "Value": "b"}]
    await stack.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering_id)
    active = await _described(stack, peering_id)
    assert active["Status"] == {"Code": "active", "Message": "Active"}
    assert active["AccepterVpcInfo"]["CidrBlockSet"] == [{"CidrBlock": "10.2.0.0/16"}]
    assert active["AccepterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is False
    assert "ExpirationTime" not in active
    plan = await stack.running.cloud.read(partial(gather, vpc_id=second))
    assert [peering.vpc_id for peering in plan.peerings.values()] == [first]


async def test_the_same_request_is_answered_with_what_is_there(stack: Stack) -> None:
    first, second = await _two(stack)
    peering_id = await _asked(stack, first, second)
    again = (await stack.call("CreateVpcPeeringConnection", VpcId=first, PeerVpcId=second))["VpcPeeringConnection"]
    assert (again["VpcPeeringConnectionId"], again["Status"]["Code"]) == (peering_id, "pending-acceptance")
    await stack.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering_id)
    back = await _asked(stack, second, first)
    with pytest.raises(Refused, match="VpcPeeringConnectionAlreadyExists") as refused:
        await stack.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=back)
    assert f"The vpc peering connection identified by {back} already exists." in str(refused.value)
    assert await _state(stack, back) == "pending-acceptance"


async def test_overlapping_addresses_and_unknown_vpcs_fail(stack: Stack) -> None:
    first, second = await _vpc(stack, "10.1.0.0/16"), await _vpc(stack, "10.1.128.0/20")
    failed = [
        await _asked(stack, first, second),
        await _asked(stack, first, first),
        await _asked(stack, first, second, PeerRegion=OTHER_REGION),
        await _asked(stack, first, second, PeerOwnerId="210987654321"),
    ]
    for peering_id in failed:
        message = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
        assert (await _described(stack, peering_id))["Status"] == {"Code": "failed", "Message": message}
    for action in ("AcceptVpcPeeringConnection", "DeleteVpcPeeringConnection", "RejectVpcPeeringConnection"):
        with pytest.raises(Refused, match=f"Invalid state transition for {failed[0]}, attempted to transition from fa"):
            await stack.call(action, VpcPeeringConnectionId=failed[0])


async def test_it_ends_by_deletion_rejection_and_with_its_vpc(stack: Stack) -> None:
    first, second = await _two(stack)
    third = await _vpc(stack, "10.3.0.0/16")
    rejected = await _asked(stack, first, second)
    assert await stack.call("RejectVpcPeeringConnection", VpcPeeringConnectionId=rejected) == {"Return": True}
    assert await _state(stack, rejected) == "rejected"
    deleted = await _accepted(stack, first, second)
    assert await stack.call("DeleteVpcPeeringConnection", VpcPeeringConnectionId=deleted) == {"Return": True}
    shown = await _described(stack, deleted)
    owner = shown["RequesterVpcInfo"]["OwnerId"]
    assert shown["Status"] == {"Code": "deleted", "Message": f"Deleted by {owner}"}
    with pytest.raises(Refused, match="attempted to transition from deleted to deleting"):
        await stack.call("DeleteVpcPeeringConnection", VpcPeeringConnectionId=deleted)
    active, waiting = await _accepted(stack, first, third), await _asked(stack, third, second)
    table = (await stack.call("DescribeRouteTables", Filters=[{"Name": "vpc-id", "Values": [first]}]))["RouteTables"][0]
    to = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": "10.3.0.0/16"}
    await stack.call("CreateRoute", **to, VpcPeeringConnectionId=active)
    await stack.call("DeleteVpc", VpcId=third)
    assert {await _state(stack, active), await _state(stack, waiting)} == {"deleted"}
    (found,) = (await stack.call("DescribeRouteTables", RouteTableIds=[table["RouteTableId"]]))["RouteTables"]
    states = {route["DestinationCidrBlock"]: route["State"] for route in found["Routes"]}
    assert states == {"10.1.0.0/16": "active", "10.3.0.0/16": "blackhole"}


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as bare:
        yield bare


async def test_what_ended_is_forgotten_when_its_time_is_over(cloud: BareCloud) -> None:
    vpcs = [await make_vpc(cloud, f"10.{number}.0.0/16") for number in (1, 2, 3)]
    housekeeping = Housekeeping(cloud.cloud.world)

    async def asked(requester: int, accepter: int, **parameters: Any) -> dict[str, str]:
        of = {"VpcId": vpcs[requester], "PeerVpcId": vpcs[accepter], **parameters}
        made = (await cloud.ask("CreateVpcPeeringConnection", **of))["VpcPeeringConnection"]
        return {"VpcPeeringConnectionId": made["VpcPeeringConnectionId"]}

    async def shown_after(seconds: float) -> dict[str, str]:
        await cloud.clock.advance(seconds)
        await housekeeping.follow_time()
        found = (await cloud.ask("DescribeVpcPeeringConnections"))["VpcPeeringConnections"]
        return {one["VpcPeeringConnectionId"]: one["Status"]["Code"] for one in found}

    deleted = await asked(0, 1, TagSpecifications=tagged("vpc-peering-connection"))
    await cloud.ask("DeleteVpcPeeringConnection", **deleted)
    rejected = await asked(0, 1)
    await cloud.ask("RejectVpcPeeringConnection", **rejected)
    active, expiring = await asked(0, 2), await asked(1, 2)
    await cloud.ask("AcceptVpcPeeringConnection", **active)
    after = [one["VpcPeeringConnectionId"] for one in (deleted, rejected, active, expiring)]
    states = ("deleted", "rejected", "active", "pending-acceptance")
    assert await shown_after(HOUR) == dict(zip(after, states, strict=True))
    assert await shown_after(1.1 * HOUR) == dict(zip(after[1:], states[1:], strict=True))
    assert (await cloud.ask("DescribeTags"))["Tags"] == []
    assert await shown_after(2 * DAY) == dict(zip(after[2:], states[2:], strict=True))
    await cloud.clock.advance(5 * DAY)
    with pytest.raises(Ec2Error, match="attempted to transition from expired to provisioning"):
        await cloud.ask("AcceptVpcPeeringConnection", **expiring)
    assert await shown_after(0) == {after[2]: "active", after[3]: "expired"}
    assert await shown_after(2 * DAY) == {after[2]: "active"}


async def test_rules_name_groups_of_peers_and_do_not_keep_them(stack: Stack) -> None:
    first, second = await _two(stack)
    groups = (await stack.call("DescribeSecurityGroups"))["SecurityGroups"]
    of_vpcs = {group["VpcId"]: group["GroupId"] for group in groups}
    pair = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": of_vpcs[second]}]}]
    different = r"InvalidGroup\.NotFound.*You have specified two resources that belong to different networks\."
    with pytest.raises(Refused, match=different):
        await stack.call("AuthorizeSecurityGroupIngress", GroupId=of_vpcs[first], IpPermissions=pair)
    await _accepted(stack, first, second)
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=of_vpcs[first], IpPermissions=pair)
    await stack.call("DeleteVpc", VpcId=second)
    (stale,) = (await stack.call("DescribeSecurityGroups", GroupIds=[of_vpcs[first]]))["SecurityGroups"]
    named = [one["GroupId"] for shown in stale["IpPermissions"] for one in shown["UserIdGroupPairs"]]
    assert of_vpcs[second] in named
    plan = await stack.running.cloud.read(partial(gather, vpc_id=first))
    assert plan.peerings == {}


async def test_two_regions_see_it_and_each_does_its_part(stack: Stack) -> None:
    first = await _vpc(stack, "10.1.0.0/16")
    abroad = stack.in_region(OTHER_REGION)
    second = (await abroad.call("CreateVpc", CidrBlock="10.2.0.0/16"))["Vpc"]["VpcId"]
    peering_id = await _asked(stack, first, second, PeerRegion=OTHER_REGION)
    incorrect = f"Incorrect region .us-east-1. specified .* must be accepted in region {OTHER_REGION}"
    with pytest.raises(Refused, match=f"OperationNotPermitted.*{incorrect}"):
        await stack.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering_id)
    await abroad.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering_id)
    for seen in (await stack.call("DescribeVpcPeeringConnections"), await abroad.call("DescribeVpcPeeringConnections")):
        (one,) = seen["VpcPeeringConnections"]
        sides = (one["RequesterVpcInfo"], one["AccepterVpcInfo"])
        assert [(side["Region"], side["CidrBlock"]) for side in sides] == [
            ("us-east-1", "10.1.0.0/16"),
            (OTHER_REGION, "10.2.0.0/16"),
        ]
    modify = {"VpcPeeringConnectionId": peering_id, "AccepterPeeringConnectionOptions": _RESOLVES}
    with pytest.raises(Refused, match="cannot be modified for a different region"):
        await stack.call("ModifyVpcPeeringConnectionOptions", **modify)
    await abroad.call("ModifyVpcPeeringConnectionOptions", **modify)
    tables = await abroad.call("DescribeRouteTables", Filters=[{"Name": "vpc-id", "Values": [second]}])
    to = {"RouteTableId": tables["RouteTables"][0]["RouteTableId"], "DestinationCidrBlock": "10.1.0.0/16"}
    await abroad.call("CreateRoute", **to, VpcPeeringConnectionId=peering_id)


async def test_each_region_tags_it_for_itself(stack: Stack) -> None:
    """And a tag is changed, found and removed on its own side alone. What is gone has no tags on either."""
    first = await _vpc(stack, "10.1.0.0/16")
    abroad = stack.in_region(OTHER_REGION)
    second = (await abroad.call("CreateVpc", CidrBlock="10.2.0.0/16"))["Vpc"]["VpcId"]
    tags = [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "Name", "Value": "here"}]}]
    peering_id = await _asked(stack, first, second, PeerRegion=OTHER_REGION, TagSpecifications=tags)

    async def told(side: Stack) -> list[dict[str, str]]:
        (seen,) = (await side.call("DescribeVpcPeeringConnections"))["VpcPeeringConnections"]
        listed = (await side.call("DescribeTags"))["Tags"]
        shown: list[dict[str, str]] = seen.get("Tags", [])
        assert [{"Key": tag["Key"], "Value": tag["Value"]} for tag in listed] == shown
        return shown

    assert (await told(stack), await told(abroad)) == (tags[0]["Tags"], [])
    there = [{"Key": "Name", "Value": "there"}]
    await abroad.call("CreateTags", Resources=[peering_id], Tags=[{"Key": "Name", "Value": "abroad"}])
    await abroad.call("CreateTags", Resources=[peering_id], Tags=there)
    assert (await told(stack), await told(abroad)) == (tags[0]["Tags"], there)
    by_tag = [{"Name": "tag:Name", "Values": ["here"]}]
    assert (await abroad.call("DescribeVpcPeeringConnections", Filters=by_tag))["VpcPeeringConnections"] == []
    accepted = await abroad.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering_id)
    assert accepted["VpcPeeringConnection"]["Tags"] == there
    await abroad.call("DeleteTags", Resources=[peering_id])
    assert (await told(stack), await told(abroad)) == (tags[0]["Tags"], [])
    with pytest.raises(Refused, match="InvalidVpcPeeringConnectionID"):
        await stack.in_region("eu-west-2").call("CreateTags", Resources=[peering_id], Tags=there)


async def test_it_ends_from_either_region(stack: Stack) -> None:
    abroad = stack.in_region(OTHER_REGION)
    for number, (accepts, ends) in enumerate(((True, "Delete"), (False, "Reject"))):
        first = await _vpc(stack, f"10.{number}.0.0/16")
        asked = {"CidrBlock": f"10.{number + 100}.0.0/16"}
        second = (await abroad.call("CreateVpc", **asked))["Vpc"]["VpcId"]
        peering_id = await _asked(stack, first, second, PeerRegion=OTHER_REGION)
        if accepts:
            await abroad.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering_id)
        await abroad.call(f"{ends}VpcPeeringConnection", VpcPeeringConnectionId=peering_id)
        for side in (stack, abroad):
            ids = {"VpcPeeringConnectionIds": [peering_id]}
            (seen,) = (await side.call("DescribeVpcPeeringConnections", **ids))["VpcPeeringConnections"]
            assert seen["Status"]["Code"] == {"Delete": "deleted", "Reject": "rejected"}[ends]


_RESOLVES = {"AllowDnsResolutionFromRemoteVpc": True}


async def test_options_let_names_of_one_side_resolve_on_the_other(stack: Stack) -> None:
    first, second = await _two(stack)
    peering_id = await _asked(stack, first, second)
    modify = {"VpcPeeringConnectionId": peering_id, "AccepterPeeringConnectionOptions": _RESOLVES}
    inactive = f"Peering {peering_id} is not active. Peering options can be added only to active peerings."
    with pytest.raises(Refused, match=f"OperationNotPermitted.*{inactive}"):
        await stack.call("ModifyVpcPeeringConnectionOptions", **modify)
    await stack.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering_id)
    answer = await stack.call("ModifyVpcPeeringConnectionOptions", **modify)
    assert answer["AccepterPeeringConnectionOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
    assert "RequesterPeeringConnectionOptions" not in answer
    shown = await _described(stack, peering_id)
    allowed = [shown[side]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] for side in _SIDES]
    assert allowed == [False, True]
    (row,) = await stack.running.cloud.read(partial(open_of, vpc_id=first))
    assert (row.requester_resolves, row.accepter_resolves) == (True, False)
    with pytest.raises(Refused, match="MissingParameter"):
        await stack.call("ModifyVpcPeeringConnectionOptions", VpcPeeringConnectionId=peering_id)


_SIDES = ("RequesterVpcInfo", "AccepterVpcInfo")


async def test_further_blocks_respect_peers(stack: Stack) -> None:
    first, second = await _two(stack)
    waiting = await _asked(stack, first, second)
    with pytest.raises(Refused, match=f"OperationNotPermitted.*{waiting}"):
        await stack.call("AssociateVpcCidrBlock", VpcId=first, CidrBlock="10.50.0.0/16")
    await stack.call("AssociateVpcCidrBlock", VpcId=second, CidrBlock="10.51.0.0/16")
    assert await _state(stack, waiting) == "pending-acceptance"
    await stack.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=waiting)
    with pytest.raises(Refused, match="CidrConflict"):
        await stack.call("AssociateVpcCidrBlock", VpcId=first, CidrBlock="10.51.128.0/20")
    shown = (await _described(stack, waiting))["AccepterVpcInfo"]["CidrBlockSet"]
    assert shown == [{"CidrBlock": "10.2.0.0/16"}, {"CidrBlock": "10.51.0.0/16"}]
    (own,) = (await stack.call("DescribeVpcs", VpcIds=[second]))["Vpcs"]
    await stack.call("DisassociateVpcCidrBlock", AssociationId=own["CidrBlockAssociationSet"][1]["AssociationId"])
    assert (await _described(stack, waiting))["Status"]["Code"] == "active"
    third = await _vpc(stack, "10.3.0.0/16")
    asked = await _asked(stack, third, second)
    await stack.call("AssociateVpcCidrBlock", VpcId=second, CidrBlock="10.4.0.0/16")
    fourth = await _vpc(stack, "10.60.0.0/16")
    overlapping = await _asked(stack, fourth, second)
    await stack.call("AssociateVpcCidrBlock", VpcId=second, CidrBlock="10.60.0.0/20")
    assert (await _state(stack, asked), await _state(stack, overlapping)) == ("pending-acceptance", "failed")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("status-code", "active", [0]),
        ("status-code", "pending-*", [1]),
        ("accepter-vpc-info.cidr-block", "10.2.0.0/16", [0]),
        ("requester-vpc-info.cidr-block", "10.1.0.0/16", [0, 1]),
        ("status-message", "Active", [0]),
        ("tag:Name", "moss", [1]),
    ],
)
async def test_filters_compare_what_is_shown(stack: Stack, name: str, value: str, shown: list[int]) -> None:
    first, second = await _two(stack)
    third = await _vpc(stack, "10.3.0.0/16")
    ids = [await _accepted(stack, first, second), await _asked(stack, first, third)]
    await stack.call("CreateTags", Resources=[ids[1]], Tags=[{"Key": "Name", "Value": "moss"}])
    found = await stack.call("DescribeVpcPeeringConnections", Filters=[{"Name": name, "Values": [value]}])
    assert {one["VpcPeeringConnectionId"] for one in found["VpcPeeringConnections"]} == {ids[one] for one in shown}


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"PeerVpcId": None}, "MissingParameter"),
        ({"PeerVpcId": "vpc-0123456789abcdef0"}, r"InvalidVpcID\.NotFound"),
        ({"VpcId": "vpc-0123456789abcdef0"}, r"InvalidVpcID\.NotFound"),
        ({"PeerRegion": "mars-1"}, "InvalidParameterValue"),
        ({"RequesterPeeringConnectionOptions": {"AllowMultipathResilience": True}}, "UnsupportedOperation"),
    ],
)
async def test_what_no_request_can_be_is_refused(stack: Stack, parameters: dict[str, Any], refusal: str) -> None:
    first, second = await _two(stack)
    asked = {"VpcId": first, "PeerVpcId": second, **parameters}
    with pytest.raises(Refused, match=refusal):
        await stack.call(
            "CreateVpcPeeringConnection", **{name: value for name, value in asked.items() if value is not None}
        )


async def test_ids_that_are_none_are_refused(stack: Stack) -> None:
    with pytest.raises(Refused, match=r"InvalidVpcPeeringConnectionID\.NotFound"):
        await stack.call("DeleteVpcPeeringConnection", VpcPeeringConnectionId="pcx-0123456789abcdef0")
    with pytest.raises(Refused, match=r"InvalidVpcPeeringConnectionId\.Malformed"):
        await stack.call("DescribeVpcPeeringConnections", VpcPeeringConnectionIds=["moss"])
