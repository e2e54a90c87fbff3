"""Security groups: CreateSecurityGroup, DescribeSecurityGroups, DeleteSecurityGroup."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SECURITY_GROUP, SECURITY_GROUP_RULE
from kumoniwa.api.ec2.network.default_vpc import all_out, ensure_region, ensure_region_exists
from kumoniwa.api.ec2.network.ip_permissions import as_permissions
from kumoniwa.api.ec2.network.vpcs import vpc_named
from kumoniwa.api.ec2.tags import from_specifications, tag_set, tags_of, write
from kumoniwa.api.filters import present
from kumoniwa.api.listing import page
from kumoniwa.api.registry import action
from kumoniwa.errors import Ec2Error, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule
from kumoniwa.store import security_groups, vpcs
from kumoniwa.store import tags as tag_rows

MAX_NAME = 255

_TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]*")


@dataclass(frozen=True, slots=True)
class Shown:
    """A group with what stands in other rows and is told with it."""

    group: SecurityGroup
    rules: Sequence[SecurityGroupRule]
    tags: Mapping[str, str]


def group_of(connection: Connection, call: Call, parameters: Parameters) -> SecurityGroup:
    """The group that a request names by `GroupId`, or by `GroupName` in the default VPC. Raises EC2's refusals."""
    group_id, name = parameters.get("GroupId"), parameters.get("GroupName")
    if group_id is not None:
        return group_with_id(connection, call, group_id)
    if name is not None:
        return group_named(connection, call, name)
    raise Ec2Error("MissingParameter", "The request must contain the parameter groupName or groupId")


def group_with_id(connection: Connection, call: Call, group_id: str) -> SecurityGroup:
    SECURITY_GROUP.check_form([group_id])
    found = security_groups.in_scope(connection, call.account, call.region, [group_id])
    if not found:
        raise SECURITY_GROUP.not_found([group_id])
    return found[0]


def group_named(connection: Connection, call: Call, name: str) -> SecurityGroup:
    vpc = ensure_region(connection, call.account, call.region)
    group = security_groups.named(connection, vpc.id, name)
    if group is None:
        raise _no_such_name(name, vpc.id)
    return group


@action("CreateSecurityGroup")
async def create_security_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a group whose members may reach everything and which nobody may reach."""
    name, description = _checked_name(parameters), _checked_description(parameters)
    tags = from_specifications(parameters, [SECURITY_GROUP.resource_type]).get(SECURITY_GROUP.resource_type)

    def create(connection: Connection) -> Answer:
        vpc = ensure_region(connection, call.account, call.region)
        if (asked := parameters.get("VpcId")) is not None:
            vpc = vpc_named(connection, call, asked)
        if security_groups.named(connection, vpc.id, name) is not None:
            raise Ec2Error("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc.id}'")
        group = SecurityGroup(
            id=new_id(SECURITY_GROUP.prefix),
            account=call.account,
            region=call.region,
            vpc_id=vpc.id,
            name=name,
            description=description,
        )
        security_groups.add(connection, group, all_out(group))
        write(connection, call, group.id, SECURITY_GROUP.resource_type, tags)
        return {"GroupId": group.id, "Tags": tag_set(tags), "SecurityGroupArn": _arn(group)}

    return await cloud.change(call, create)


@action("DescribeSecurityGroups")
async def describe_security_groups(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The groups of a region with their rules."""
    ids, names = parameters.get("GroupIds"), parameters.get("GroupNames")
    SECURITY_GROUP.check_form(ids or ())
    await ensure_region_exists(cloud, call)

    def read(connection: Connection) -> tuple[list[Shown], dict[str, SecurityGroup]]:
        default = vpcs.default(connection, call.account, call.region)
        assert default is not None, "ensure_region_exists made it"
        every = {group.id: group for group in security_groups.in_scope(connection, call.account, call.region)}
        by_name = {group.name: group.id for group in every.values() if group.vpc_id == default.id}
        SECURITY_GROUP.check_all_found(ids, every)
        for name in names or ():
            if name not in by_name:
                raise _no_such_name(name, default.id)
        asked = {*(ids or ()), *(by_name[name] for name in names or ())} if ids or names else set(every)
        rules: dict[str, list[SecurityGroupRule]] = {}
        for rule in security_groups.rules_in(connection, call.account, call.region):
            rules.setdefault(rule.group_id, []).append(rule)
        tags = tags_of(connection, call.account, call.region, SECURITY_GROUP.resource_type)
        shown = [
            Shown(group, rules.get(group.id, []), tags.get(group.id, {}))
            for group in every.values()
            if group.id in asked
        ]
        return shown, every

    groups, every = await cloud.read(read)
    found, token = page(
        call,
        parameters,
        groups,
        filters=_filters(every),
        key=lambda shown: shown.group.id,
        tags=lambda shown: shown.tags,
        limits=(5, 1000),
    )
    return {"SecurityGroups": [_output(shown, every) for shown in found], "NextToken": token}


@action("DeleteSecurityGroup")
async def delete_security_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a group that no instance is in and no other group's rule names."""

    def delete(connection: Connection) -> Answer:
        group = group_of(connection, call, parameters)
        if group.name == security_groups.DEFAULT_NAME:
            raise Ec2Error(
                "CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
            )
        if security_groups.is_in_use(connection, group.id):
            raise Ec2Error("DependencyViolation", f"resource {group.id} has a dependent object")
        for rule in security_groups.rules_in(connection, call.account, call.region, [group.id]):
            tag_rows.remove_all(connection, rule.id)
        tag_rows.remove_all(connection, group.id)
        security_groups.delete(connection, group.id)
        return {"Return": True, "GroupId": group.id}

    return await cloud.change(call, delete)


def rule_arn(rule: SecurityGroupRule) -> str:
    return f"arn:aws:ec2:{rule.region}:{rule.account}:{SECURITY_GROUP_RULE.resource_type}/{rule.id}"


def _arn(group: SecurityGroup) -> str:
    return f"arn:aws:ec2:{group.region}:{group.account}:{SECURITY_GROUP.resource_type}/{group.id}"


def _no_such_name(name: str, vpc_id: str) -> Ec2Error:
    return Ec2Error(
        SECURITY_GROUP.missing_code, f"The security group '{name}' does not exist in default VPC '{vpc_id}'"
    )


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


def _filters(groups: Mapping[str, SecurityGroup]) -> dict[str, Callable[[Shown], Iterable[str]]]:
    def name_of(rule: SecurityGroupRule) -> str | None:
        source = groups.get(rule.source_group_id or "")
        return None if source is None else source.name

    def owner_of(rule: SecurityGroupRule) -> str | None:
        source = groups.get(rule.source_group_id or "")
        return None if source is None else source.account

    of_rule: dict[str, Callable[[SecurityGroupRule], object]] = {
        "cidr": lambda rule: rule.cidr_ipv4,
        "ipv6-cidr": lambda rule: rule.cidr_ipv6,
        "from-port": lambda rule: rule.from_port,
        "to-port": lambda rule: rule.to_port,
        "protocol": lambda rule: rule.protocol,
        "prefix-list-id": lambda rule: rule.prefix_list_id,
        "group-id": lambda rule: rule.source_group_id,
        "group-name": name_of,
        "user-id": owner_of,
    }

    def of_rules(value: Callable[[SecurityGroupRule], object], *, egress: bool) -> Callable[[Shown], Iterable[str]]:
        return lambda shown: present(*(value(rule) for rule in shown.rules if rule.egress == egress))

    return {
        "description": lambda shown: (shown.group.description,),
        "group-id": lambda shown: (shown.group.id,),
        "group-name": lambda shown: (shown.group.name,),
        "owner-id": lambda shown: (shown.group.account,),
        "vpc-id": lambda shown: (shown.group.vpc_id,),
        **{f"ip-permission.{name}": of_rules(value, egress=False) for name, value in of_rule.items()},
        **{f"egress.ip-permission.{name}": of_rules(value, egress=True) for name, value in of_rule.items()},
    }


def _output(shown: Shown, groups: Mapping[str, SecurityGroup]) -> dict[str, Any]:
    group = shown.group
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": group.account,
        "VpcId": group.vpc_id,
        "SecurityGroupArn": _arn(group),
        "IpPermissions": as_permissions([rule for rule in shown.rules if not rule.egress], groups),
        "IpPermissionsEgress": as_permissions([rule for rule in shown.rules if rule.egress], groups),
        "Tags": tag_set(shown.tags),
    }
