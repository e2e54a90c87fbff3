"""GetSecurityGroupsForVpc."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SECURITY_GROUP, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.store import security_groups


def _read(connection: Connection, asked: Asked) -> list[SecurityGroup]:
    vpc = named(connection, asked.call.scope, VPC, asked.parameters["VpcId"])
    return security_groups.for_vpc(connection, vpc.id)


def _output(group: SecurityGroup, tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": group.account,
        "PrimaryVpcId": group.vpc_id,
        "Tags": tag_set(tags) or [],
    }


_GROUPS = Listing(
    member="SecurityGroupForVpcs",
    kind=SECURITY_GROUP,
    read=_read,
    row=_output,
    key=lambda group: group.id,
    filters={
        "description": lambda group: (group.description,),
        "group-id": lambda group: (group.id,),
        "group-name": lambda group: (group.name,),
        "owner-id": lambda group: (group.account,),
        "primary-vpc-id": lambda group: (group.vpc_id,),
    },
    tagged=True,
    limits=(5, 1000),
)


@action("GetSecurityGroupsForVpc")
async def get_security_groups_for_vpc(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The groups in which network interfaces of a VPC may be."""
    return await _GROUPS.answer(cloud, call, parameters)
