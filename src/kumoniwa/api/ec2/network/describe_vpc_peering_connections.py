"""DescribeVpcPeeringConnections."""

from collections.abc import Mapping

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import PEERING
from kumoniwa.api.ec2.network.peering_output import DescribedPeering, each_described, ipv4_blocks, peering_output
from kumoniwa.api.filters import Values
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Listing
from kumoniwa.api.member_paths import moment
from kumoniwa.api.registry import action
from kumoniwa.store import peerings

_FILTERS: Mapping[str, Values[DescribedPeering]] = {
    "accepter-vpc-info.cidr-block": lambda one: ipv4_blocks(one.accepter),
    "accepter-vpc-info.owner-id": lambda one: (one.peering.accepter_account,),
    "accepter-vpc-info.vpc-id": lambda one: (one.peering.accepter_vpc_id,),
    "expiration-time": lambda one: (moment(one.peering.expires_at),),
    "requester-vpc-info.cidr-block": lambda one: ipv4_blocks(one.requester),
    "requester-vpc-info.owner-id": lambda one: (one.peering.account,),
    "requester-vpc-info.vpc-id": lambda one: (one.peering.requester_vpc_id,),
    "status-code": lambda one: (str(one.peering.state),),
    "status-message": lambda one: (one.peering.message,),
    "vpc-peering-connection-id": lambda one: (one.peering.id,),
}

_PEERINGS = Listing(
    member="VpcPeeringConnections",
    kind=PEERING,
    ids="VpcPeeringConnectionIds",
    read=lambda connection, asked: each_described(
        connection, peerings.in_scope(connection, asked.call.scope, asked.ids)
    ),
    row=peering_output,
    id_of=lambda one: one.peering.id,
    key=lambda one: one.peering.id,
    filters=_FILTERS,
    tagged=True,
    limits=(5, 1000),
    whole={"VpcPeeringConnectionIds": NOT_PAGED_CAPITAL.format("VpcPeeringConnectionIds")},
)


@action("DescribeVpcPeeringConnections")
async def describe_vpc_peering_connections(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The peering connections of a region's VPCs, on whichever side they are; those that ended lately too."""
    return await _PEERINGS.answer(cloud, call, parameters)
