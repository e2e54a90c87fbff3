"""CreateSecurityGroup."""

import re

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SECURITY_GROUP, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.default_vpc import default_vpc
from kumoniwa.api.ec2.network.group_arns import group_arn
from kumoniwa.api.ec2.network.new_vpc import first_rules
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.api.registry import action
from kumoniwa.errors import Ec2Error, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.store import security_groups
from kumoniwa.store.tables import security_groups as tables

MAX_NAME = 255

_TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]*")


@action("CreateSecurityGroup")
async def create_security_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a group whose members may reach everything, and which admits nothing."""
    name, description = _checked_name(parameters), _checked_description(parameters)
    tags = from_specifications(parameters, [SECURITY_GROUP.resource_type]).get(SECURITY_GROUP.resource_type)

    def create(connection: Connection) -> Answer:
        asked: str | None = parameters.get("VpcId")
        scope = call.scope
        vpc = default_vpc(connection, scope) if asked is None else named(connection, scope, VPC, asked)
        if security_groups.named(connection, vpc.id, name) is not None:
            raise Ec2Error("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc.id}'")
        quotas.SECURITY_GROUPS.check_one_more(connection, tables.security_groups, scope)
        group = SecurityGroup(
            id=new_id(SECURITY_GROUP.prefix),
            account=call.account,
            region=call.region,
            vpc_id=vpc.id,
            name=name,
            description=description,
        )
        security_groups.add(connection, group, *first_rules(connection, group))
        write(connection, call, group.id, SECURITY_GROUP.resource_type, tags)
        return {"GroupId": group.id, "Tags": tag_set(tags), "SecurityGroupArn": group_arn(group)}

    return await cloud.change(call, create)


def _checked_name(parameters: Parameters) -> str:
    name: str = parameters["GroupName"]
    if not name.isascii():
        raise _invalid_name(name, "Character sets beyond ASCII are not supported.")
    if name.startswith("sg-"):
        raise _invalid_name(name, "Group names may not be in the format sg-*.")
    if name == security_groups.DEFAULT_NAME:
        raise InvalidParameterValue(f"Cannot use reserved security group name: {name}")
    if not name.strip() or len(name) > MAX_NAME or _TEXT.fullmatch(name) is None:
        raise _invalid_name(
            name[:MAX_NAME],
            f"Group names are up to {MAX_NAME} characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*",
        )
    return name


def _invalid_name(name: str, reason: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Value ({name}) for parameter GroupName is invalid. {reason}")


def _checked_description(parameters: Parameters) -> str:
    description: str | None = parameters.get("Description")
    if not description:
        raise MissingParameter("GroupDescription")
    if not description.isascii():
        raise InvalidParameterValue(
            f"Value ({description}) for parameter GroupDescription is invalid. "
            "Character sets beyond ASCII are not supported."
        )
    if len(description) > MAX_NAME or _TEXT.fullmatch(description) is None:
        raise InvalidParameterValue(
            "Invalid security group description. Valid descriptions are strings less than 256 characters "
            "from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
        )
    return description
