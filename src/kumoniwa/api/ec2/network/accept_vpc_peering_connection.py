"""AcceptVpcPeeringConnection and RejectVpcPeeringConnection."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import PEERING
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.ec2.network.peering_output import each_described, peering_output
from kumoniwa.api.ec2.network.peering_states import asked_of, moved
from kumoniwa.api.ec2.tags import tags_of
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error
from kumoniwa.model.peerings import Peering, PeeringState
from kumoniwa.store import peerings


@action("AcceptVpcPeeringConnection", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def accept_vpc_peering_connection(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let a request become an active peering connection."""

    def accept(connection: Connection) -> Answer:
        peering = asked_of(connection, call, parameters["VpcPeeringConnectionId"], "accepted")
        now = moved(connection, call, peering, PeeringState.ACTIVE)
        _check_beside(connection, now)
        (shown,) = each_described(connection, [now])
        tags = tags_of(connection, call.scope, PEERING.resource_type, [now.id]).get(now.id)
        return {"VpcPeeringConnection": peering_output(shown, tags, PeeringState.PROVISIONING, "Provisioning")}

    return await cloud.change(call, accept)


@action("RejectVpcPeeringConnection")
async def reject_vpc_peering_connection(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refuse a request, which can then no longer be accepted."""

    def reject(connection: Connection) -> Answer:
        peering = asked_of(connection, call, parameters["VpcPeeringConnectionId"], "rejected")
        moved(connection, call, peering, PeeringState.REJECTED)
        return {"Return": True}

    return await cloud.change(call, reject)


def _check_beside(connection: Connection, now: Peering) -> None:
    """Raises EC2's refusals where the two VPCs are peered already (the other way round), or one has too many peers."""
    for vpc_id in (now.requester_vpc_id, now.accepter_vpc_id):
        active = [one for one in peerings.open_of(connection, vpc_id) if one.state is PeeringState.ACTIVE]
        if any(_vpcs(one) == _vpcs(now) for one in active if one.id != now.id):
            raise Ec2Error(
                "VpcPeeringConnectionAlreadyExists",
                f"The vpc peering connection identified by {now.id} already exists.",
            )
        quotas.PEERINGS.check(len(active), vpc_id)


def _vpcs(peering: Peering) -> set[str]:
    return {peering.requester_vpc_id, peering.accepter_vpc_id}
