"""ModifySecurityGroupRules, UpdateSecurityGroupRuleDescriptionsIngress, UpdateSecurityGroupRuleDescriptionsEgress.

A rule keeps its id and tags, whatever it says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SECURITY_GROUP, SECURITY_GROUP_RULE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.ip_permissions import (
    Grant,
    checked_description,
    granted,
    is_without_ports,
    sources,
)
from kumoniwa.api.ec2.network.named_group import group_of
from kumoniwa.api.ec2.network.security_group_rules import (
    asked_grants,
    check_networks,
    checked_grant,
    counted_rules,
    duplicate,
    ensure_ports_follow,
    no_such_rule,
)
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule
from kumoniwa.store import security_groups

_SOURCES = {
    "CidrIpv4": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "PrefixListId": ("PrefixListIds", "PrefixListId"),
    "ReferencedGroupId": ("UserIdGroupPairs", "GroupId"),
}
"""The sources that a single rule may have, and where a permission has each."""
_ANY_SOURCE = "cidrIp, cidrIpv6, prefixListId, or referencedGroupId"


@action(
    "ModifySecurityGroupRules",
    depth=Depth.PARTLY,
    missing="What rules do is as with AuthorizeSecurityGroupIngress and AuthorizeSecurityGroupEgress.",
)
async def modify_security_group_rules(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let rules of a group say something else, all or none. The ports of running members follow at once."""
    updates: Sequence[Mapping[str, Any]] = parameters["SecurityGroupRules"]
    SECURITY_GROUP_RULE.check_form([update["SecurityGroupRuleId"] for update in updates])

    def modify(connection: Connection) -> Answer:
        group = named(connection, call.scope, SECURITY_GROUP, parameters["GroupId"])
        present = {rule.id: rule for rule in security_groups.rules_in(connection, call.scope, [group.id])}
        _check_once([update["SecurityGroupRuleId"] for update in updates], present)
        said = {(rule.egress, granted(rule)) for rule in present.values()}
        said -= {(rule.egress, granted(rule)) for rule in (present[one["SecurityGroupRuleId"]] for one in updates)}
        for update in updates:
            rule = present[update["SecurityGroupRuleId"]]
            grant, description = _wanted(connection, call, group, rule, update.get("SecurityGroupRule") or {})
            if (rule.egress, grant) in said:
                raise duplicate(grant)
            said.add((rule.egress, grant))
            check_networks(connection, call, group, [grant])
            security_groups.change_rule(connection, rule.id, description=description, **asdict(grant))
        for way in (False, True):
            one_way = [grant for egress, grant in said if egress is way]
            quotas.GROUP_RULES.check(counted_rules(connection, call.scope, one_way))
        return {"Return": True}

    answer = await cloud.change(call, modify)
    await ensure_ports_follow(cloud, call, parameters)
    return answer


@action("UpdateSecurityGroupRuleDescriptionsIngress")
async def update_security_group_rule_descriptions_ingress(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Describe rules of a group otherwise, or no longer where no description is given."""
    return await _describe(cloud, call, parameters, egress=False)


@action("UpdateSecurityGroupRuleDescriptionsEgress")
async def update_security_group_rule_descriptions_egress(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Describe rules of a group otherwise, or no longer where no description is given."""
    return await _describe(cloud, call, parameters, egress=True)


async def _describe(cloud: Cloud, call: Call, parameters: Parameters, *, egress: bool) -> Answer:
    by_id: Sequence[Mapping[str, Any]] = parameters.get("SecurityGroupRuleDescriptions", ())
    if by_id and parameters.get("IpPermissions"):
        raise InvalidParameterCombination(
            "The parameter 'securityGroupRuleDescriptions' may not be used in combination with 'ipPermissions'"
        )
    if not by_id and not parameters.get("IpPermissions"):
        raise MissingParameter(message="Either 'ipPermissions' or 'securityGroupRuleDescriptions' should be provided.")

    def describe(connection: Connection) -> Answer:
        group = group_of(connection, call, parameters)
        present = security_groups.rules_of(connection, [group.id], egress=egress)
        wanted = (
            _by_id(by_id, {rule.id: rule for rule in present})
            if by_id
            else _by_grant(asked_grants(connection, call, parameters, group, present), present)
        )
        for rule_id, description in wanted.items():
            security_groups.change_rule(connection, rule_id, description=description)
        return {"Return": True}

    return await cloud.change(call, describe)


def _by_id(asked: Sequence[Mapping[str, Any]], present: Mapping[str, SecurityGroupRule]) -> dict[str, str | None]:
    """The description that each rule is to have, of a request that names rules. Raises EC2's refusals."""
    ids: list[str] = []
    for one in asked:
        if one.get("SecurityGroupRuleId") is None:
            raise MissingParameter("securityGroupRuleId")
        ids.append(one["SecurityGroupRuleId"])
    SECURITY_GROUP_RULE.check_form(ids)
    _check_once(ids, present)
    return {one["SecurityGroupRuleId"]: checked_description(one) for one in asked}


def _by_grant(asked: Mapping[Grant, str | None], present: Sequence[SecurityGroupRule]) -> dict[str, str | None]:
    """The description that each rule is to have, of a request that says what the rules say. Raises EC2's refusal."""
    ids = {granted(rule): rule.id for rule in present}
    if not asked.keys() <= ids.keys():
        raise no_such_rule()
    return {ids[grant]: description for grant, description in asked.items()}


def _check_once(ids: Sequence[str], present: Mapping[str, SecurityGroupRule]) -> None:
    """Raises the refusals of rules that the group does not have, and of a rule that is named twice."""
    SECURITY_GROUP_RULE.check_all_found(ids, present)
    if len(set(ids)) < len(ids):
        raise InvalidParameterValue("The same security group rule ID must not appear multiple times")


def _wanted(
    connection: Connection, call: Call, group: SecurityGroup, rule: SecurityGroupRule, asked: Mapping[str, Any]
) -> tuple[Grant, str | None]:
    """What a rule is to say from now on: all of it is given anew. Raises EC2's refusals."""
    given = [name for name in _SOURCES if asked.get(name) is not None]
    if not given:
        raise MissingParameter(message=f"The request must contain exactly one of: {_ANY_SOURCE}")
    if len(given) > 1:
        raise InvalidParameterCombination(f"Only one of {_ANY_SOURCE} can be specified")
    member, name = _SOURCES[given[0]]
    source: dict[str, Any] = {name: asked[given[0]]}
    if "Description" in asked:
        source["Description"] = asked["Description"]
    permission = {key: asked[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in asked}
    if asked.get("IpProtocol") is not None and is_without_ports(permission):
        raise InvalidParameterValue("Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
    ((found, description),) = sources({**permission, member: [source]})
    grant = checked_grant(connection, call, permission, found, group)
    if _type(grant) != _type(granted(rule)):
        raise InvalidParameterValue(
            f"Invalid rule type for security group rule '{rule.id}'. You may not specify {given[0]} for a rule with "
            "another kind of source."
        )
    return grant, description


def _type(grant: Grant) -> tuple[bool, ...]:
    """Which kind of source a rule has."""
    return tuple(
        one is not None for one in (grant.cidr_ipv4, grant.cidr_ipv6, grant.prefix_list_id, grant.source_group_id)
    )
