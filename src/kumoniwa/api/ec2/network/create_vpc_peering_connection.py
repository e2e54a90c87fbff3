"""CreateVpcPeeringConnection and DeleteVpcPeeringConnection."""

from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import PEERING, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.ec2.network.peering_output import each_described, peering_output
from kumoniwa.api.ec2.network.peering_states import FAILED_MESSAGE, moved, overlap
from kumoniwa.api.ec2.tags import from_specifications, tags_of, write
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue, MissingParameter, OperationNotPermitted
from kumoniwa.ids import new_id
from kumoniwa.model.peerings import OPEN, WAITS, Peering, PeeringState
from kumoniwa.model.regions import REGIONS
from kumoniwa.model.scope import Scope
from kumoniwa.model.vpcs import Vpc
from kumoniwa.store import peerings, vpcs

_TYPE = PEERING.resource_type
_NOT_BUILT = (
    NotBuiltParameter("RequesterPeeringConnectionOptions.AllowMultipathResilience", "multipath resilience"),
    NotBuiltParameter("RequesterPeeringConnectionOptions.MultipathResilienceMode", "multipath resilience"),
)


@action(
    "CreateVpcPeeringConnection",
    depth=Depth.PARTLY,
    missing=NOT_IN_USER,
    not_built=_NOT_BUILT,
)
async def create_vpc_peering_connection(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Ask for a peering connection with another VPC, of this region or another.

    Where a request of this VPC to that one waits or is active, EC2 answers with it and makes none (source: the note in
    the documentation of Terraform's aws_vpc_peering_connection).
    """
    refuse(parameters, _NOT_BUILT)
    accepter = _accepter(call, parameters)
    if (peer_id := parameters.get("PeerVpcId")) is None:
        raise MissingParameter("peerVpcId")
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)

    def create(connection: Connection) -> Answer:
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        if accepter == call.scope:
            named(connection, accepter, VPC, peer_id)
        mine = [one for one in peerings.open_of(connection, vpc.id) if one.requester_vpc_id == vpc.id]
        for known in mine:
            if known.accepter_vpc_id == peer_id and known.state_at(call.at) in OPEN:
                (shown,) = each_described(connection, [known])
                of_known = tags_of(connection, call.scope, _TYPE, [known.id])
                return {"VpcPeeringConnection": peering_output(shown, of_known.get(known.id))}
        waiting = [one.state_at(call.at) for one in peerings.waiting_in(connection, call.scope)]
        quotas.PEERING_REQUESTS.check(waiting.count(PeeringState.PENDING_ACCEPTANCE) + 1)
        peering = _request(call, vpc, peer_id, accepter)
        peer = next(iter(vpcs.in_scope(connection, accepter, [peer_id])), None)
        failed = peer is None or overlap(connection, vpc, peer)
        peerings.add(connection, _failed(peering) if failed else peering)
        write(connection, call, peering.id, _TYPE, tags)
        (shown,) = each_described(connection, [peering])
        initiating = f"Initiating Request to {accepter.account}"
        return {"VpcPeeringConnection": peering_output(shown, tags, PeeringState.INITIATING_REQUEST, initiating)}

    return await cloud.change(call, create)


@action("DeleteVpcPeeringConnection", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def delete_vpc_peering_connection(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """End an active peering connection, or take back a request that waits. Routes to it are blackholes at once."""

    def delete(connection: Connection) -> Answer:
        peering = named(connection, call.scope, PEERING, parameters["VpcPeeringConnectionId"])
        if peering.state is PeeringState.PENDING_ACCEPTANCE and peering.account != call.account:
            raise OperationNotPermitted(f"User {call.account} cannot delete peering {peering.id}")
        moved(connection, call, peering, PeeringState.DELETED)
        return {"Return": True}

    return await cloud.change(call, delete)


def _accepter(call: Call, parameters: Parameters) -> Scope:
    """Whose VPC is asked for, and where. Raises EC2's refusal of a region that there is not."""
    region = parameters.get("PeerRegion") or call.region
    if region not in REGIONS:
        raise InvalidParameterValue(f"Value ({region[:200]}) for parameter peerRegion is invalid.")
    return Scope(parameters.get("PeerOwnerId") or call.account, region)


def _request(call: Call, vpc: Vpc, peer_id: str, accepter: Scope) -> Peering:
    return Peering(
        id=new_id(PEERING.prefix),
        account=call.account,
        region=call.region,
        requester_vpc_id=vpc.id,
        accepter_account=accepter.account,
        accepter_region=accepter.region,
        accepter_vpc_id=peer_id,
        state=PeeringState.PENDING_ACCEPTANCE,
        message=f"Pending Acceptance by {accepter.account}",
        created_at=call.at,
        expires_at=call.at + WAITS,
    )


def _failed(peering: Peering) -> Peering:
    return replace(peering, state=PeeringState.FAILED, message=FAILED_MESSAGE, ended_at=peering.created_at)
