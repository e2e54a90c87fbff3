"""VPC peering connections as EC2 describes them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.ec2.network.vpc_output import DescribedVpc, each_with_blocks
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.model.peerings import OPEN, Peering, PeeringState
from kumoniwa.model.vpcs import VpcBlock
from kumoniwa.store import vpc_plans
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class DescribedPeering:
    """A peering connection, and those of its VPCs whose addresses are shown: both once it is active, and the
    requester's while the request waits."""

    peering: Peering
    requester: DescribedVpc | None
    accepter: DescribedVpc | None


def each_described(connection: Connection, peerings: Sequence[Peering]) -> list[DescribedPeering]:
    """Peering connections with what is shown of their VPCs, whoever has those."""
    shown = [one for one in peerings if one.state in OPEN]
    ids = sorted({vpc_id for one in shown for vpc_id in (one.requester_vpc_id, one.accepter_vpc_id)})
    there = vpc_plans.with_ids(connection, ids) if ids else []
    further = vpc_plans.blocks_of(connection, ids) if ids else {}
    blocks = [VpcBlock("", vpc.account, vpc.region, vpc.id, cidr) for vpc in there for cidr in further.get(vpc.id, ())]
    vpcs = {one.vpc.id: one for one in each_with_blocks(there, blocks)}
    return [
        DescribedPeering(
            one,
            vpcs.get(one.requester_vpc_id) if one.state in OPEN else None,
            vpcs.get(one.accepter_vpc_id) if one.state is PeeringState.ACTIVE else None,
        )
        for one in peerings
    ]


def peering_output(
    one: DescribedPeering, tags: Mapping[str, str] | None, passing: PeeringState | None = None, message: str = ""
) -> dict[str, Any]:
    """A peering connection under EC2's member names; `passing` is the state between two states that an answer shows."""
    peering = one.peering
    state = peering.state
    return {
        "VpcPeeringConnectionId": peering.id,
        "RequesterVpcInfo": {
            "OwnerId": peering.account,
            "Region": peering.region,
            "VpcId": peering.requester_vpc_id,
            **_blocks(one.requester),
            "PeeringOptions": options_output(resolves=peering.accepter_resolves) if state in OPEN else None,
        },
        "AccepterVpcInfo": {
            "OwnerId": peering.accepter_account,
            "Region": peering.accepter_region,
            "VpcId": peering.accepter_vpc_id,
            **_blocks(one.accepter),
            "PeeringOptions": (
                options_output(resolves=peering.requester_resolves) if state is PeeringState.ACTIVE else None
            ),
        },
        "ExpirationTime": peering.expires_at if state is PeeringState.PENDING_ACCEPTANCE else None,
        "Status": {"Code": str(passing or state), "Message": message or peering.message},
        "Tags": tag_set(tags) or [],
    }


def options_output(*, resolves: bool) -> dict[str, bool]:
    """The options of one side: whether its public names resolve to private addresses in the other's VPC."""
    return {
        "AllowDnsResolutionFromRemoteVpc": resolves,
        "AllowEgressFromLocalClassicLinkToRemoteVpc": False,
        "AllowEgressFromLocalVpcToRemoteClassicLink": False,
    }


def _blocks(vpc: DescribedVpc | None) -> dict[str, Any]:
    if vpc is None:
        return {}
    return {
        "CidrBlock": vpc.vpc.cidr,
        "CidrBlockSet": [{"CidrBlock": block.cidr} for block in vpc.ipv4],
        "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": block.cidr} for block in vpc.ipv6] or None,
    }


def ipv4_blocks(vpc: DescribedVpc | None) -> Iterable[str]:
    """The IPv4 blocks of a side, as filters compare them."""
    return [] if vpc is None else [block.cidr for block in vpc.ipv4]
