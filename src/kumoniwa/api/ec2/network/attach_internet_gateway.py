"""AttachInternetGateway and DetachInternetGateway."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INTERNET_GATEWAY, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import DependencyViolation, Ec2Error, InvalidParameterValue
from kumoniwa.store import gateways, network_interfaces, route_tables, vpcs


@action("AttachInternetGateway", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def attach_internet_gateway(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Attach an internet gateway to a VPC that has none."""

    def attach(connection: Connection) -> Answer:
        gateway = named(connection, call.scope, INTERNET_GATEWAY, parameters["InternetGatewayId"])
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        if gateway.vpc_id is not None:
            raise Ec2Error(
                "Resource.AlreadyAssociated",
                f"resource {gateway.id} is already attached to network {gateway.vpc_id}",
            )
        if gateways.attached_to(connection, vpc.id) is not None:
            raise InvalidParameterValue(f"Network {vpc.id} already has an internet gateway attached")
        gateways.attach(connection, gateway.id, vpc.id)
        return None

    return await cloud.change(call, attach)


@action("DetachInternetGateway", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def detach_internet_gateway(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Detach an internet gateway from a VPC in which nothing has a public address."""

    def detach(connection: Connection) -> Answer:
        gateway = named(connection, call.scope, INTERNET_GATEWAY, parameters["InternetGatewayId"])
        vpc_id: str = parameters["VpcId"]
        if gateway.vpc_id != vpc_id:
            raise Ec2Error("Gateway.NotAttached", f"resource {gateway.id} is not attached to network {vpc_id[:200]}")
        subnets = [subnet.id for subnet in vpcs.subnets_of(connection, vpc_id)]
        if network_interfaces.have_public_addresses(connection, subnets):
            raise DependencyViolation(
                f"Network {vpc_id} has some mapped public address(es). "
                "Please unmap those public address(es) before detaching the gateway."
            )
        if (association := route_tables.association_of_gateway(connection, gateway.id)) is not None:
            route_tables.disassociate(connection, association.id)
        gateways.attach(connection, gateway.id, None)
        return None

    return await cloud.change(call, detach)
