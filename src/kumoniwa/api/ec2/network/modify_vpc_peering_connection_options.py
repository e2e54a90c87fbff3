"""ModifyVpcPeeringConnectionOptions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import PEERING
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.ec2.network.peering_output import options_output
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import MissingParameter, OperationNotPermitted
from kumoniwa.model.peerings import Peering, PeeringState
from kumoniwa.model.scope import Scope
from kumoniwa.store import peerings
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two sides of a peering connection."""

    member: str
    column: str
    """What its option changes: whether its public names resolve to private addresses in the other side's VPC."""
    name: str


_REQUESTER = _Side("RequesterPeeringConnectionOptions", "accepter_resolves", "Requester")
_ACCEPTER = _Side("AccepterPeeringConnectionOptions", "requester_resolves", "Accepter")
_RESOLVES = "AllowDnsResolutionFromRemoteVpc"
_NOT_BUILT = tuple(
    NotBuiltParameter(f"{side.member}.{member}", what)
    for side in (_REQUESTER, _ACCEPTER)
    for member, what in (
        ("AllowEgressFromLocalClassicLinkToRemoteVpc", "ClassicLink"),
        ("AllowEgressFromLocalVpcToRemoteClassicLink", "ClassicLink"),
        ("AllowMultipathResilience", "multipath resilience"),
        ("MultipathResilienceMode", "multipath resilience"),
    )
)


@action("ModifyVpcPeeringConnectionOptions", depth=Depth.PARTLY, missing=NOT_IN_USER, not_built=_NOT_BUILT)
async def modify_vpc_peering_connection_options(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Say whether public names of one side resolve to private addresses in the other side's VPC."""
    refuse(parameters, _NOT_BUILT)
    asked: dict[_Side, Mapping[str, Any]] = {
        side: parameters[side.member] for side in (_REQUESTER, _ACCEPTER) if side.member in parameters
    }
    if not asked:
        raise MissingParameter(
            message="Either requesterPeeringConnectionOptions or accepterPeeringConnectionOptions must be given."
        )

    def modify(connection: Connection) -> Answer:
        peering = named(connection, call.scope, PEERING, parameters["VpcPeeringConnectionId"])
        if peering.state is not PeeringState.ACTIVE:
            raise OperationNotPermitted(
                f"Peering {peering.id} is not active. Peering options can be added only to active peerings."
            )
        for side, options in asked.items():
            _check_own(call, peering, side)
            if _RESOLVES in options:
                peerings.change(connection, peering.id, **{side.column: options[_RESOLVES]})
        (now,) = peerings.in_scope(connection, call.scope, [peering.id])
        return {side.member: options_output(resolves=getattr(now, side.column)) for side in asked}

    return await cloud.change(call, modify)


def _check_own(call: Call, peering: Peering, side: _Side) -> None:
    """Raises EC2's refusals of a side that is another account's, or lies in another region."""
    own = Scope.of(peering) if side is _REQUESTER else peering.accepter
    if own.account != call.account:
        raise OperationNotPermitted(f"User {call.account} cannot modify {side.name.lower()} options of {peering.id}")
    if own.region != call.region:
        raise OperationNotPermitted(
            f"{side.name}'s VPC Peering connection options cannot be modified for a different region"
        )
