"""How VPC peering connections move between their states."""

from dataclasses import replace
from ipaddress import IPv4Network

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import PEERING
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.cidr_blocks import conflict
from kumoniwa.api.ec2.network.vpc_output import with_blocks
from kumoniwa.errors import Ec2Error, OperationNotPermitted
from kumoniwa.model.peerings import EXPIRED_MESSAGE, MOVES, Peering, PeeringState
from kumoniwa.model.vpcs import Vpc
from kumoniwa.store import peerings, vpc_plans

FAILED_MESSAGE = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
_THROUGH = {PeeringState.ACTIVE: PeeringState.PROVISIONING, PeeringState.DELETED: PeeringState.DELETING}
"""What is on the way to a state, as EC2's refusals name it."""


def moved(connection: Connection, call: Call, peering: Peering, to: PeeringState) -> Peering:
    """Move a peering connection to another state. Raises EC2's refusal of a move that there is not."""
    since = peering.state_at(call.at)
    if to not in MOVES.get(since, ()):
        raise Ec2Error(
            "InvalidStateTransition",
            f"Invalid state transition for {peering.id}, attempted to transition from {since} to "
            f"{_THROUGH.get(to, to)}",
        )
    message = {
        PeeringState.ACTIVE: "Active",
        PeeringState.DELETED: f"Deleted by {call.account}",
        PeeringState.REJECTED: f"Rejected by {call.account}",
        PeeringState.FAILED: FAILED_MESSAGE,
        PeeringState.EXPIRED: EXPIRED_MESSAGE,
    }[to]
    now = replace(peering, state=to, message=message, ended_at=None if to is PeeringState.ACTIVE else call.at)
    peerings.change(connection, now.id, state=now.state, message=now.message, ended_at=now.ended_at)
    return now


def asked_of(connection: Connection, call: Call, peering_id: str, done: str) -> Peering:
    """The peering connection of this id, which the caller was asked for, and where. Raises EC2's refusals of who asked
    for it, and of another region than that of the accepter's VPC; `done` is what is to be done with it."""
    peering = named(connection, call.scope, PEERING, peering_id)
    if peering.accepter_account != call.account:
        raise OperationNotPermitted(f"User {call.account} cannot {done.removesuffix('ed')} peering {peering.id}")
    if peering.accepter_region != call.region:
        raise OperationNotPermitted(
            f"Incorrect region ({call.region}) specified for this request. VPC peering connection {peering.id} must be "
            f"{done} in region {peering.accepter_region}"
        )
    return peering


def overlap(connection: Connection, one: Vpc, other: Vpc) -> bool:
    """Whether two VPCs have IPv4 addresses in common."""
    theirs = with_blocks(connection, other).networks()
    return any(block.overlaps(their) for block in with_blocks(connection, one).networks() for their in theirs)


def check_block_of_peered(connection: Connection, call: Call, vpc: Vpc, block: IPv4Network) -> None:
    """What a further block of a VPC does to its peering connections: a request for one fails if its VPCs overlap then.

    Raises EC2's refusals: of a block that an active peer has, and of any block while the VPC's own request waits.
    """
    for peering in peerings.open_of(connection, vpc.id):
        waits = peering.state_at(call.at) is PeeringState.PENDING_ACCEPTANCE
        if waits and peering.requester_vpc_id == vpc.id:
            raise OperationNotPermitted(
                f"The VPC {vpc.id} has a pending VPC peering connection request: {peering.id}. No CIDR block can be "
                "associated with it until the request is accepted or deleted."
            )
        for other in vpc_plans.with_ids(connection, [_other(peering, vpc.id)]):
            if any(block.overlaps(their) for their in with_blocks(connection, other).networks()):
                if peering.state is PeeringState.ACTIVE:
                    raise conflict(block)
                if waits:
                    moved(connection, call, peering, PeeringState.FAILED)


def delete_those_of(connection: Connection, call: Call, vpc: Vpc) -> None:
    """End the peering connections of a VPC that is deleted."""
    for peering in peerings.open_of(connection, vpc.id):
        if peering.state_at(call.at) is not PeeringState.EXPIRED:
            moved(connection, call, peering, PeeringState.DELETED)


def _other(peering: Peering, vpc_id: str) -> str:
    return peering.accepter_vpc_id if peering.requester_vpc_id == vpc_id else peering.requester_vpc_id
