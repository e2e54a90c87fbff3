"""The security group that a request names, by id or by name in the default VPC: found, or refused in EC2's words."""

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.ec2.kinds import SECURITY_GROUP
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.default_vpc import default_vpc
from kumoniwa.errors import Ec2Error, MissingParameter
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.store import security_groups


def group_of(connection: Connection, call: Call, parameters: Parameters) -> SecurityGroup:
    """The group that a request names by `GroupId`, or by `GroupName` in the default VPC. Raises EC2's refusals."""
    group_id, name = parameters.get("GroupId"), parameters.get("GroupName")
    if group_id is not None:
        return named(connection, call.scope, SECURITY_GROUP, group_id)
    if name is not None:
        return group_named(connection, call, name)
    raise MissingParameter(message="The request must contain the parameter groupName or groupId")


def group_named(connection: Connection, call: Call, name: str) -> SecurityGroup:
    """The group of that name in the default VPC. Raises EC2's refusal."""
    vpc = default_vpc(connection, call.scope)
    group = security_groups.named(connection, vpc.id, name)
    if group is None:
        raise no_such_name(name, vpc.id)
    return group


def no_such_name(name: str, vpc_id: str) -> Ec2Error:
    """EC2's refusal of a name that no group of the default VPC has."""
    return Ec2Error(
        SECURITY_GROUP.missing_code, f"The security group '{name}' does not exist in default VPC '{vpc_id}'"
    )
