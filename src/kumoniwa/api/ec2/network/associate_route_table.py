"""AssociateRouteTable, DisassociateRouteTable and ReplaceRouteTableAssociation."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INTERNET_GATEWAY, ROUTE_TABLE, SUBNET
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.ec2.network.vpc_output import ASSOCIATED
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.route_tables import RouteTable, RouteTableAssociation
from kumoniwa.store import route_tables

_NOT_BUILT = (NotBuiltParameter("PublicIpv4Pool", "address pools of one's own"),)


@action(
    "AssociateRouteTable",
    depth=Depth.PARTLY,
    missing=f"{NOT_IN_USER} The association of an internet gateway is stored and shown.",
    not_built=_NOT_BUILT,
)
async def associate_route_table(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let a subnet, or a gateway, use a route table of its VPC."""
    refuse(parameters, _NOT_BUILT)
    subnet_id, gateway_id = parameters.get("SubnetId"), parameters.get("GatewayId")
    if subnet_id and gateway_id:
        raise InvalidParameterCombination("The parameter gatewayId cannot be used with the parameter subnetId")
    if not subnet_id and not gateway_id:
        raise MissingParameter(message="The request must contain either a subnetId or a gatewayId")

    def associate(connection: Connection) -> Answer:
        table = named(connection, call.scope, ROUTE_TABLE, parameters["RouteTableId"])
        if subnet_id:
            _check_same_network(table, "subnet", subnet_id, named(connection, call.scope, SUBNET, subnet_id).vpc_id)
            present = route_tables.association_of_subnet(connection, subnet_id)
        else:
            gateway = named(connection, call.scope, INTERNET_GATEWAY, str(gateway_id))
            _check_same_network(table, "network gateway", gateway.id, gateway.vpc_id)
            present = route_tables.association_of_gateway(connection, gateway.id)
        if present is None:
            present = RouteTableAssociation(
                id=new_id("rtbassoc"),
                account=call.account,
                region=call.region,
                vpc_id=table.vpc_id,
                route_table_id=table.id,
                main=False,
                subnet_id=subnet_id or None,
                gateway_id=gateway_id or None,
            )
            route_tables.associate(connection, present)
        elif present.route_table_id != table.id:
            raise Ec2Error(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {table.id} conflicts with an existing association",
            )
        return _answer("AssociationId", present)

    return await cloud.change(call, associate)


@action("DisassociateRouteTable", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def disassociate_route_table(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let a subnet use its VPC's main route table again, or a gateway none."""

    def disassociate(connection: Connection) -> Answer:
        association = _association(connection, call, parameters)
        if association.main:
            raise InvalidParameterValue(f"cannot disassociate the main route table association {association.id}")
        route_tables.disassociate(connection, association.id)
        return None

    return await cloud.change(call, disassociate)


@action("ReplaceRouteTableAssociation", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def replace_route_table_association(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let a subnet or a gateway use another route table, or make it its VPC's main one."""

    def replaced(connection: Connection) -> Answer:
        association = _association(connection, call, parameters)
        table = named(connection, call.scope, ROUTE_TABLE, parameters["RouteTableId"])
        _check_same_network(table, "network", association.vpc_id, association.vpc_id)
        if association.route_table_id == table.id:
            return _answer("NewAssociationId", association)
        route_tables.disassociate(connection, association.id)
        new = replace(association, id=new_id("rtbassoc"), route_table_id=table.id)
        route_tables.associate(connection, new)
        return _answer("NewAssociationId", new)

    return await cloud.change(call, replaced)


def _association(connection: Connection, call: Call, parameters: Parameters) -> RouteTableAssociation:
    association_id: str = parameters["AssociationId"]
    for found in route_tables.associations_in(connection, call.scope, [association_id]):
        return found
    raise Ec2Error("InvalidAssociationID.NotFound", f"The association ID '{association_id[:200]}' does not exist")


def _check_same_network(table: RouteTable, what: str, resource_id: str, vpc_id: str | None) -> None:
    if vpc_id != table.vpc_id:
        raise InvalidParameterValue(f"Route table {table.id} and {what} {resource_id} belong to different networks")


def _answer(member: str, association: RouteTableAssociation) -> dict[str, Any]:
    return {member: association.id, "AssociationState": {"State": ASSOCIATED}}
