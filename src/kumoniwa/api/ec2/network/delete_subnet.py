"""DeleteSubnet."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SUBNET
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.registry import action
from kumoniwa.errors import has_dependencies
from kumoniwa.store import network_interfaces, route_tables, subnet_reservations, vpcs
from kumoniwa.store import tags as tag_rows


@action("DeleteSubnet")
async def delete_subnet(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a subnet without network interfaces. Its reservations, and its associations with route table
    and network ACL, go with it."""

    def delete(connection: Connection) -> Answer:
        subnet = named(connection, call.scope, SUBNET, parameters["SubnetId"])
        in_use, _ = network_interfaces.count_in(connection, subnet.id)
        if in_use:
            raise has_dependencies("subnet", subnet.id)
        if (association := route_tables.association_of_subnet(connection, subnet.id)) is not None:
            route_tables.disassociate(connection, association.id)
        for reservation in subnet_reservations.of_subnet(connection, subnet.id):
            subnet_reservations.remove(connection, reservation.id)
        vpcs.remove_subnet(connection, subnet.id)
        tag_rows.remove_all(connection, subnet.id)
        return None

    return await cloud.change(call, delete)
