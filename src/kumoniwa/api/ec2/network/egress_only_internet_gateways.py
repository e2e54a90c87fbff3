"""CreateEgressOnlyInternetGateway, DeleteEgressOnlyInternetGateway and DescribeEgressOnlyInternetGateways.

They are for IPv6, which guests do not have.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import EGRESS_ONLY_GATEWAY, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.ids import new_id
from kumoniwa.model.gateways import EgressOnlyGateway
from kumoniwa.store import gateways
from kumoniwa.store import tags as tag_rows
from kumoniwa.store.tables import routing as tables

_TYPE = EGRESS_ONLY_GATEWAY.resource_type
_IS_RECORDED = "The gateway is stored and shown, and no guest has an IPv6 address."


@action("CreateEgressOnlyInternetGateway", depth=Depth.RECORDED, missing=_IS_RECORDED)
async def create_egress_only_internet_gateway(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make an egress-only internet gateway, which belongs to its VPC from its first moment."""
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)

    def create(connection: Connection) -> Answer:
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        quotas.EGRESS_ONLY_GATEWAYS.check_one_more(connection, tables.egress_only_gateways, call.scope)
        gateway = EgressOnlyGateway(new_id(EGRESS_ONLY_GATEWAY.prefix), call.account, call.region, vpc.id)
        gateways.add_egress_only(connection, gateway)
        write(connection, call, gateway.id, _TYPE, tags)
        return {
            "EgressOnlyInternetGateway": _output(gateway, tags),
            "ClientToken": call.token.value if call.token else None,
        }

    return await cloud.change(call, create)


@action("DeleteEgressOnlyInternetGateway", depth=Depth.RECORDED, missing=_IS_RECORDED)
async def delete_egress_only_internet_gateway(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete an egress-only internet gateway."""

    def delete(connection: Connection) -> Answer:
        gateway_id: str = parameters["EgressOnlyInternetGatewayId"]
        gateway = named(connection, call.scope, EGRESS_ONLY_GATEWAY, gateway_id)
        gateways.remove_egress_only(connection, gateway.id)
        tag_rows.remove_all(connection, gateway.id)
        return {"ReturnCode": True}

    return await cloud.change(call, delete)


def _output(gateway: EgressOnlyGateway, tags: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        "EgressOnlyInternetGatewayId": gateway.id,
        "Attachments": [{"State": "attached", "VpcId": gateway.vpc_id}],
        "Tags": tag_set(tags) or [],
    }


_GATEWAYS = Listing(
    member="EgressOnlyInternetGateways",
    kind=EGRESS_ONLY_GATEWAY,
    ids="EgressOnlyInternetGatewayIds",
    read=lambda connection, asked: gateways.egress_only_in(connection, asked.call.scope, asked.ids),
    # EC2 leaves out those that are not there: Terraform waits for a deleted one to be missing from the answer.
    read_checks_ids=True,
    row=_output,
    key=lambda gateway: gateway.id,
    tagged=True,
    view=read_region,
    limits=(5, 255),
    whole={"EgressOnlyInternetGatewayIds": NOT_PAGED_CAPITAL.format("EgressOnlyInternetGatewayIds")},
)


@action("DescribeEgressOnlyInternetGateways", depth=Depth.RECORDED, missing=_IS_RECORDED)
async def describe_egress_only_internet_gateways(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The egress-only internet gateways of a region."""
    return await _GATEWAYS.answer(cloud, call, parameters)
