"""AssociateSecurityGroupVpc, DisassociateSecurityGroupVpc and DescribeSecurityGroupVpcAssociations.

A group is for the network interfaces of its own VPC, and of those that it is associated with.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SECURITY_GROUP, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.listing import Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import DependencyViolation, InvalidParameterValue, UnsupportedOperation
from kumoniwa.model.security_groups import GroupAssociation, SecurityGroup
from kumoniwa.model.vpcs import Vpc
from kumoniwa.store import security_groups

_ASSOCIATED = "associated"


@action(
    "AssociateSecurityGroupVpc",
    depth=Depth.PARTLY,
    missing="Rules of the other VPC's own groups cannot name the group.",
)
async def associate_security_group_vpc(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let network interfaces of another VPC be in a group too."""

    def associate(connection: Connection) -> Answer:
        group, vpc = _named(connection, call, parameters)
        if security_groups.is_associated(connection, group.id, vpc.id):
            return {"State": _ASSOCIATED}
        if group.name == security_groups.DEFAULT_NAME:
            raise UnsupportedOperation("A default security group cannot be associated with another VPC.")
        if vpc.is_default:
            raise UnsupportedOperation("A security group cannot be associated with the default VPC.")
        if group.vpc_id == vpc.id:
            raise InvalidParameterValue(f"The security group '{group.id}' was created in the VPC '{vpc.id}'.")
        security_groups.associate(connection, GroupAssociation(group.id, vpc.id, group.account, group.region))
        return {"State": "associating"}

    return await cloud.change(call, associate)


@action("DisassociateSecurityGroupVpc")
async def disassociate_security_group_vpc(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """End an association in whose VPC no network interface is in the group."""

    def disassociate(connection: Connection) -> Answer:
        group, vpc = _named(connection, call, parameters)
        if not security_groups.is_associated(connection, group.id, vpc.id):
            raise InvalidParameterValue(f"The security group '{group.id}' is not associated with the VPC '{vpc.id}'.")
        if security_groups.has_members_in(connection, group.id, vpc.id):
            raise DependencyViolation(f"resource {group.id} has a dependent object")
        security_groups.end_association(connection, group.id, vpc.id)
        return {"State": "disassociating"}

    return await cloud.change(call, disassociate)


def _named(connection: Connection, call: Call, parameters: Parameters) -> tuple[SecurityGroup, Vpc]:
    return (
        named(connection, call.scope, SECURITY_GROUP, parameters["GroupId"]),
        named(connection, call.scope, VPC, parameters["VpcId"]),
    )


def _output(association: GroupAssociation, _tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "GroupId": association.group_id,
        "VpcId": association.vpc_id,
        "VpcOwnerId": association.account,
        "State": _ASSOCIATED,
        "GroupOwnerId": association.account,
    }


_ASSOCIATIONS = Listing(
    member="SecurityGroupVpcAssociations",
    read=lambda connection, asked: security_groups.associations_in(connection, asked.call.scope),
    row=_output,
    key=lambda one: f"{one.group_id} {one.vpc_id}",
    filters={
        "group-id": lambda one: (one.group_id,),
        "group-owner-id": lambda one: (one.account,),
        "state": lambda _: (_ASSOCIATED,),
        "vpc-id": lambda one: (one.vpc_id,),
        "vpc-owner-id": lambda one: (one.account,),
    },
    limits=(5, 1000),
)


@action("DescribeSecurityGroupVpcAssociations")
async def describe_security_group_vpc_associations(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The associations of an account's groups with other VPCs, in a region."""
    return await _ASSOCIATIONS.answer(cloud, call, parameters)
