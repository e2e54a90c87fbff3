"""DescribeSecurityGroupRules."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SECURITY_GROUP, SECURITY_GROUP_RULE
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.network.rule_output import rule_output
from kumoniwa.api.listing import NOT_PAGED_QUOTED, Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.errors import Ec2Error
from kumoniwa.ids import is_well_formed
from kumoniwa.model.peerings import Peering
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule
from kumoniwa.store import peerings, security_groups
from kumoniwa.values import dataclass

_WILD = frozenset("*?")


@dataclass(frozen=True, slots=True)
class _Described:
    """A rule, the groups of its scope by id, which it may name as its source, and the connections of their VPCs."""

    rule: SecurityGroupRule
    groups: Mapping[str, SecurityGroup]
    peerings: Sequence[Peering]


def _read(connection: Connection, asked: Asked) -> list[_Described]:
    groups = {group.id: group for group in security_groups.in_scope(connection, asked.call.scope)}
    rules = security_groups.rules_in(connection, asked.call.scope)
    found = peerings.in_scope(connection, asked.call.scope)
    return [_Described(rule, groups, found) for rule in rules if asked.ids is None or rule.id in asked.ids]


_RULES = Listing(
    member="SecurityGroupRules",
    kind=SECURITY_GROUP_RULE,
    ids="SecurityGroupRuleIds",
    read=_read,
    row=lambda one, tags: rule_output(one.rule, one.groups, tags, one.peerings),
    id_of=lambda one: one.rule.id,
    key=lambda one: one.rule.id,
    filters={
        "group-id": lambda one: (one.rule.group_id,),
        "security-group-rule-id": lambda one: (one.rule.id,),
    },
    tagged=True,
    view=read_region,
    limits=(5, 1000),
    invalid_token=lambda _: Ec2Error(
        "InvalidPaginationToken", "The specified pagination token is not valid or is expired."
    ),
    whole={"SecurityGroupRuleIds": NOT_PAGED_QUOTED.format("securityGroupRuleIds")},
)


def _check_groups(parameters: Parameters) -> None:
    """Raises EC2's refusal of a filter by group whose value can be no id: other filters just find nothing then."""
    for asked in parameters.get("Filters", ()):
        if asked.get("Name") == "group-id":
            for value in asked.get("Values", ()):
                if not _WILD.intersection(value) and not is_well_formed(value, SECURITY_GROUP.prefix):
                    raise SECURITY_GROUP.malformed(value, text="The security group ID '{id}' is malformed")


@action("DescribeSecurityGroupRules")
async def describe_security_group_rules(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The rules of all groups of a region, both ways."""
    _check_groups(parameters)
    return await _RULES.answer(cloud, call, parameters)
