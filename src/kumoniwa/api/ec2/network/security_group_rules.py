"""AuthorizeSecurityGroupIngress, AuthorizeSecurityGroupEgress, RevokeSecurityGroupIngress, RevokeSecurityGroupEgress.

When a rule changes, the ports of the group's running members follow at once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import PREFIX_LIST, SECURITY_GROUP, SECURITY_GROUP_RULE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.ec2.network.group_references import check_may_name
from kumoniwa.api.ec2.network.ip_permissions import (
    Grant,
    GroupPair,
    as_permissions,
    checked_ports,
    granted,
    in_words,
    permissions,
    sources,
)
from kumoniwa.api.ec2.network.managed_prefix_lists import counted
from kumoniwa.api.ec2.network.named_group import group_named, group_of
from kumoniwa.api.ec2.network.rule_output import revoked_rule_output, rule_output
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.peerings import PeeringState
from kumoniwa.model.scope import Scope
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule
from kumoniwa.store import network_interfaces, peerings, security_groups, vpcs
from kumoniwa.store import tags as tag_rows
from kumoniwa.workflows.steps.instances.instance_ports import ensure_forwards

_KIND = SECURITY_GROUP_RULE


@action(
    "AuthorizeSecurityGroupIngress",
    depth=Depth.PARTLY,
    missing="IPv6 rules are stored and shown, and no guest has an IPv6 address. To this host a public address opens "
    "ports of TCP and UDP by the rules for blocks with 127.0.0.1, of a wide range a part; in the network mode `user` "
    "that is all that rules do.",
)
async def authorize_security_group_ingress(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Admit what the permissions say to the group's members, or nothing if one of them cannot be."""
    return await _authorize(cloud, call, parameters, egress=False)


@action(
    "AuthorizeSecurityGroupEgress",
    depth=Depth.PARTLY,
    missing=f"{NOT_IN_USER} IPv6 rules are stored and shown, and no guest has an IPv6 address.",
)
async def authorize_security_group_egress(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let members reach what the permissions say."""
    return await _authorize(cloud, call, parameters, egress=True)


@action("RevokeSecurityGroupIngress")
async def revoke_security_group_ingress(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take rules away, by id or by what they say."""
    return await _revoke(cloud, call, parameters, egress=False)


@action("RevokeSecurityGroupEgress", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def revoke_security_group_egress(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take rules away, by id or by what they say."""
    return await _revoke(cloud, call, parameters, egress=True)


async def _authorize(cloud: Cloud, call: Call, parameters: Parameters, *, egress: bool) -> Answer:
    tags = from_specifications(parameters, [_KIND.resource_type]).get(_KIND.resource_type)

    def authorize(connection: Connection) -> Answer:
        group = group_of(connection, call, parameters)
        asked = asked_grants(connection, call, parameters, group)
        present = security_groups.rules_of(connection, [group.id], egress=egress)
        known = {granted(rule) for rule in present}
        for grant in asked:
            if grant in known:
                raise duplicate(grant)
        check_networks(connection, call, group, asked)
        quotas.GROUP_RULES.check(counted_rules(connection, call.scope, [*map(granted, present), *asked]))
        rules = [
            SecurityGroupRule(
                id=new_id(_KIND.prefix),
                group_id=group.id,
                account=group.account,
                region=group.region,
                egress=egress,
                description=description,
                **asdict(grant),
            )
            for grant, description in asked.items()
        ]
        security_groups.add_rules(connection, *rules)
        for rule in rules:
            write(connection, call, rule.id, _KIND.resource_type, tags)
        groups = {one.id: one for one in security_groups.in_scope(connection, call.scope)}
        found = peerings.in_scope(connection, call.scope)
        return {"Return": True, "SecurityGroupRules": [rule_output(rule, groups, tags, found) for rule in rules]}

    answer = await cloud.change(call, authorize)
    if not egress:
        await ensure_ports_follow(cloud, call, parameters)
    return answer


async def _revoke(cloud: Cloud, call: Call, parameters: Parameters, *, egress: bool) -> Answer:
    def revoke(connection: Connection) -> Answer:
        group = group_of(connection, call, parameters)
        present = security_groups.rules_of(connection, [group.id], egress=egress)
        unknown: list[Grant] = []
        if (ids := parameters.get("SecurityGroupRuleIds")) is not None:
            if parameters.get("IpPermissions"):
                raise InvalidParameterCombination(
                    "The parameter 'securityGroupRuleIds' may not be used in combination with 'ipPermissions'"
                )
            _KIND.check_form(ids)
            _KIND.check_all_found(ids, {rule.id for rule in present})
            revoked = [rule for rule in present if rule.id in ids]
        else:
            asked = asked_grants(connection, call, parameters, group, present)
            revoked = [rule for rule in present if granted(rule) in asked]
            known = {granted(rule) for rule in revoked}
            unknown = [grant for grant in asked if grant not in known]
            if unknown and not _in_default_vpc(connection, group):
                raise no_such_rule()
        for rule in revoked:
            tag_rows.remove_all(connection, rule.id)
        security_groups.remove_rules(connection, [rule.id for rule in revoked])
        return {
            "Return": True,
            "UnknownIpPermissions": _shown(unknown, group),
            "RevokedSecurityGroupRules": [revoked_rule_output(rule) for rule in revoked],
        }

    answer = await cloud.change(call, revoke)
    if not egress:
        await ensure_ports_follow(cloud, call, parameters)
    return answer


def counted_rules(connection: Connection, scope: Scope, grants: Collection[Grant]) -> int:
    """How many rules of a group these are, one way: those for IPv4 or those for IPv6, whichever are more.

    What names a group or a prefix list is a rule for both (the VPC user guide, "Amazon VPC quotas").
    """
    by_kind = (
        [grant.prefix_list_id for grant in grants if grant.cidr_ipv6 is None],
        [grant.prefix_list_id for grant in grants if grant.cidr_ipv4 is None],
    )
    return max(counted(connection, scope, of_kind) for of_kind in by_kind)


def check_networks(connection: Connection, call: Call, group: SecurityGroup, grants: Iterable[Grant]) -> None:
    """Raises EC2's refusal of a source that is a group of a VPC which is not peered with that of the rules' group."""
    ids = {grant.source_group_id for grant in grants if grant.source_group_id not in (None, group.id)}
    if not ids:
        return
    others = {one.vpc_id for one in security_groups.in_scope(connection, call.scope, ids)} - {group.vpc_id}
    if others - _peers(connection, group.vpc_id):
        raise Ec2Error("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")


def _peers(connection: Connection, vpc_id: str) -> set[str]:
    active = [one for one in peerings.open_of(connection, vpc_id) if one.state is PeeringState.ACTIVE]
    return {end for one in active for end in (one.requester_vpc_id, one.accepter_vpc_id)}


def duplicate(grant: Grant) -> Ec2Error:
    """EC2's refusal of what a rule of the group grants already."""
    return Ec2Error("InvalidPermission.Duplicate", f'the specified rule "{in_words(grant)}" already exists')


def no_such_rule() -> Ec2Error:
    """EC2's refusal of what no rule of the group grants."""
    return Ec2Error("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")


async def ensure_ports_follow(cloud: Cloud, call: Call, parameters: Parameters) -> None:
    """Let the ports of the group's running members follow its rules, which are committed."""

    def members(connection: Connection) -> Sequence[str]:
        group = _group_still_there(connection, call, parameters)
        return () if group is None else network_interfaces.instances_in(connection, group.id)

    await ensure_forwards(cloud.world, await cloud.read(members))


def _group_still_there(connection: Connection, call: Call, parameters: Parameters) -> SecurityGroup | None:
    """The group again, on a connection that only reads; None if it was deleted since."""
    if (group_id := parameters.get("GroupId")) is not None:
        return next(iter(security_groups.in_scope(connection, call.scope, [group_id])), None)
    vpc = vpcs.default(connection, call.scope)
    return None if vpc is None else security_groups.named(connection, vpc.id, parameters["GroupName"])


def asked_grants(
    connection: Connection,
    call: Call,
    parameters: Parameters,
    group: SecurityGroup,
    present: Sequence[SecurityGroupRule] = (),
) -> dict[Grant, str | None]:
    """What a request for a group grants, or what it takes of the rules that are `present`, each with its description.
    Raises EC2's refusals."""
    found: dict[Grant, str | None] = {}
    for permission in permissions(parameters):
        for source, description in sources(permission):
            grant = checked_grant(connection, call, permission, source, group, present)
            if grant in found:
                raise InvalidParameterValue("The same permission must not appear multiple times")
            found[grant] = description
    return found


def checked_grant(
    connection: Connection,
    call: Call,
    permission: Mapping[str, Any],
    source: Grant | GroupPair,
    group: SecurityGroup,
    present: Sequence[SecurityGroupRule] = (),
) -> Grant:
    """What a permission of `group` grants to one of its sources. Raises EC2's refusals of a group or prefix list that
    is not there.

    A group that one of the rules that are `present` names may be deleted, or out of reach by now.
    """
    if isinstance(source, GroupPair):
        return _grant_from_group(connection, call, permission, source, group, present)
    if source.prefix_list_id is not None:
        named(connection, call.scope, PREFIX_LIST, source.prefix_list_id)
    return source


def _grant_from_group(
    connection: Connection,
    call: Call,
    permission: Mapping[str, Any],
    pair: GroupPair,
    group: SecurityGroup,
    present: Sequence[SecurityGroupRule],
) -> Grant:
    """What a permission grants to the members of a group. Raises EC2's refusals."""
    protocol, first, last = checked_ports(permission)
    if pair.group_id is not None and any(rule.source_group_id == pair.group_id for rule in present):
        return Grant(protocol, first, last, source_group_id=pair.group_id)
    if pair.group_id is not None:
        if pair.owner not in (None, call.account):
            raise SECURITY_GROUP.not_found([pair.group_id])
        source = named(connection, call.scope, SECURITY_GROUP, pair.group_id)
    elif pair.name is not None:
        source = group_named(connection, call, pair.name)
    else:
        raise MissingParameter(
            message="Missing source specification: include source security group or CIDR information"
        )
    check_may_name(connection, call, group, source, pair.peering_id)
    return Grant(protocol, first, last, source_group_id=source.id)


def _in_default_vpc(connection: Connection, group: SecurityGroup) -> bool:
    """EC2 lists unknown rules in the default VPC and refuses them elsewhere (its API reference says so)."""
    vpc = vpcs.default(connection, Scope.of(group))
    return vpc is not None and vpc.id == group.vpc_id


def _shown(grants: Sequence[Grant], group: SecurityGroup) -> list[dict[str, Any]] | None:
    rules = [
        SecurityGroupRule("", group.id, group.account, group.region, egress=False, **asdict(grant)) for grant in grants
    ]
    return as_permissions(rules, {}) or None
