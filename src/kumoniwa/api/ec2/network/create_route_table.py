"""CreateRouteTable and DeleteRouteTable."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import ROUTE_TABLE, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.route_table_output import described_tables, table_row
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.registry import action
from kumoniwa.errors import has_dependencies
from kumoniwa.ids import new_id
from kumoniwa.model.route_tables import RouteTable
from kumoniwa.store import route_tables
from kumoniwa.store import tags as tag_rows
from kumoniwa.store.tables import routing as tables


@action("CreateRouteTable")
async def create_route_table(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a route table that is used nowhere yet."""
    tags = from_specifications(parameters, [ROUTE_TABLE.resource_type]).get(ROUTE_TABLE.resource_type)

    def create(connection: Connection) -> Answer:
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        quotas.ROUTE_TABLES.check_one_more(connection, tables.route_tables, vpc.id)
        table = RouteTable(id=new_id(ROUTE_TABLE.prefix), account=call.account, region=call.region, vpc_id=vpc.id)
        route_tables.add(connection, table)
        write(connection, call, table.id, ROUTE_TABLE.resource_type, tags)
        (made,) = described_tables(connection, call.scope, [table])
        return {"RouteTable": table_row(made, tags), "ClientToken": call.token.value if call.token else None}

    return await cloud.change(call, create)


@action("DeleteRouteTable")
async def delete_route_table(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a route table that is used nowhere. A main one is always used."""

    def delete(connection: Connection) -> Answer:
        table = named(connection, call.scope, ROUTE_TABLE, parameters["RouteTableId"])
        if route_tables.associations_of(connection, [table.id]):
            raise has_dependencies("routeTable", table.id)
        route_tables.remove(connection, table.id)
        tag_rows.remove_all(connection, table.id)
        return None

    return await cloud.change(call, delete)
