"""DescribeSecurityGroups."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SECURITY_GROUP
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.network.group_arns import group_arn
from kumoniwa.api.ec2.network.ip_permissions import as_permissions, protocol_names
from kumoniwa.api.ec2.network.named_group import no_such_name
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.filters import Values, present
from kumoniwa.api.listing import NOT_PAGED, Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.errors import NoDefaultVpc
from kumoniwa.model.peerings import Peering
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule
from kumoniwa.store import peerings, security_groups, vpcs
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class _Described:
    """A group with its rules, all groups of its scope by id, which rules may name as their sources, and the connections
    of their VPCs."""

    group: SecurityGroup
    rules: Sequence[SecurityGroupRule]
    groups: Mapping[str, SecurityGroup]
    peerings: Sequence[Peering]
    default_vpc_id: str | None

    def source_of(self, rule: SecurityGroupRule) -> SecurityGroup | None:
        return self.groups.get(rule.source_group_id or "")

    def source_name(self, rule: SecurityGroupRule) -> str | None:
        """The name of the group that a rule names: EC2 finds groups by it in the default VPC alone."""
        source = self.source_of(rule)
        return None if source is None or source.vpc_id != self.default_vpc_id else source.name


_Value = Callable[[_Described, SecurityGroupRule], object]  # one text, or several in a tuple

_OF_RULES: Mapping[str, _Value] = {
    "cidr": lambda _, rule: rule.cidr_ipv4,
    "ipv6-cidr": lambda _, rule: rule.cidr_ipv6,
    "from-port": lambda _, rule: rule.from_port,
    "to-port": lambda _, rule: rule.to_port,
    "protocol": lambda _, rule: protocol_names(rule.protocol),
    "prefix-list-id": lambda _, rule: rule.prefix_list_id,
    "group-id": lambda _, rule: rule.source_group_id,
    "group-name": _Described.source_name,
    "user-id": lambda one, rule: None if (source := one.source_of(rule)) is None else source.account,
}


def _of_rules(value: _Value, *, egress: bool) -> Callable[[_Described], Iterable[str]]:
    def values(one: _Described) -> Iterable[str]:
        found = (value(one, rule) for rule in one.rules if rule.egress == egress)
        return present(*chain.from_iterable(each if isinstance(each, tuple) else (each,) for each in found))

    return values


_FILTERS: dict[str, Values[_Described]] = {
    "description": lambda one: (one.group.description,),
    "group-id": lambda one: (one.group.id,),
    "group-name": lambda one: (one.group.name,),
    "owner-id": lambda one: (one.group.account,),
    "vpc-id": lambda one: (one.group.vpc_id,),
    **{f"ip-permission.{name}": _of_rules(value, egress=False) for name, value in _OF_RULES.items()},
    **{f"egress.ip-permission.{name}": _of_rules(value, egress=True) for name, value in _OF_RULES.items()},
}


def _read(connection: Connection, asked: Asked) -> list[_Described]:
    every = {group.id: group for group in security_groups.in_scope(connection, asked.call.scope)}
    SECURITY_GROUP.check_all_found(asked.ids, every)
    wanted = {*(asked.ids or ()), *_with_names(connection, asked, every)} or every.keys()
    rules: dict[str, list[SecurityGroupRule]] = {}
    for rule in security_groups.rules_in(connection, asked.call.scope):
        rules.setdefault(rule.group_id, []).append(rule)
    found = peerings.in_scope(connection, asked.call.scope)
    default = vpcs.default(connection, asked.call.scope)
    default_id = None if default is None else default.id
    return [
        _Described(group, rules.get(group.id, []), every, found, default_id)
        for group in every.values()
        if group.id in wanted
    ]


def _with_names(connection: Connection, asked: Asked, every: Mapping[str, SecurityGroup]) -> list[str]:
    """The ids of the groups of the default VPC that are asked for by name. Raises EC2's refusal of a missing group."""
    if not (names := asked.parameters.get("GroupNames")):
        return []
    if (default := vpcs.default(connection, asked.call.scope)) is None:
        raise NoDefaultVpc(of_group_name=True)
    by_name = {group.name: group.id for group in every.values() if group.vpc_id == default.id}
    for name in names:
        if name not in by_name:
            raise no_such_name(name, default.id)
    return [by_name[name] for name in names]


def _output(one: _Described, tags: Mapping[str, str]) -> dict[str, Any]:
    group = one.group
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": group.account,
        "VpcId": group.vpc_id,
        "SecurityGroupArn": group_arn(group),
        "IpPermissions": as_permissions([rule for rule in one.rules if not rule.egress], one.groups, one.peerings),
        "IpPermissionsEgress": as_permissions([rule for rule in one.rules if rule.egress], one.groups, one.peerings),
        "Tags": tag_set(tags),
    }


_GROUPS = Listing(
    member="SecurityGroups",
    kind=SECURITY_GROUP,
    ids="GroupIds",
    read=_read,
    read_checks_ids=True,
    row=_output,
    id_of=lambda one: one.group.id,
    key=lambda one: one.group.id,
    filters=_FILTERS,
    tagged=True,
    view=read_region,
    limits=(5, 1000),
    whole={"GroupIds": NOT_PAGED.format("securityGroupIdSet")},
)


@action("DescribeSecurityGroups")
async def describe_security_groups(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The groups of a region with their rules."""
    return await _GROUPS.answer(cloud, call, parameters)
