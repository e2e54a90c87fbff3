"""CreateInternetGateway and DeleteInternetGateway."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INTERNET_GATEWAY
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.default_vpc import ensure_region
from kumoniwa.api.ec2.network.describe_internet_gateways import gateway_output
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.registry import action
from kumoniwa.errors import has_dependencies
from kumoniwa.ids import new_id
from kumoniwa.model.gateways import InternetGateway
from kumoniwa.store import gateways
from kumoniwa.store import tags as tag_rows
from kumoniwa.store.tables import routing as tables

_TYPE = INTERNET_GATEWAY.resource_type


@action("CreateInternetGateway")
async def create_internet_gateway(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make an internet gateway that is attached to no VPC yet."""
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)

    def create(connection: Connection) -> Answer:
        ensure_region(connection, call.scope)
        quotas.INTERNET_GATEWAYS.check_one_more(connection, tables.internet_gateways, call.scope)
        gateway = InternetGateway(new_id(INTERNET_GATEWAY.prefix), call.account, call.region, None)
        gateways.add(connection, gateway)
        write(connection, call, gateway.id, _TYPE, tags)
        return {"InternetGateway": gateway_output(gateway, tags)}

    return await cloud.change(call, create)


@action("DeleteInternetGateway")
async def delete_internet_gateway(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete an internet gateway that is attached to no VPC."""

    def delete(connection: Connection) -> Answer:
        gateway = named(connection, call.scope, INTERNET_GATEWAY, parameters["InternetGatewayId"])
        if gateway.vpc_id is not None:
            raise has_dependencies("internetGateway", gateway.id)
        gateways.remove(connection, gateway.id)
        tag_rows.remove_all(connection, gateway.id)
        return None

    return await cloud.change(call, delete)
