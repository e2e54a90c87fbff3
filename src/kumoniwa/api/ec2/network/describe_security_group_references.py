"""DescribeSecurityGroupReferences and DescribeStaleSecurityGroups: what rules name across peering connections."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SECURITY_GROUP, VPC
from kumoniwa.api.ec2.named.lookup import all_named, named
from kumoniwa.api.ec2.network.group_references import is_stale, peering_between
from kumoniwa.api.ec2.network.ip_permissions import as_permissions
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.peerings import Peering, PeeringState
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule
from kumoniwa.store import peerings, security_groups
from kumoniwa.values import dataclass


@action("DescribeSecurityGroupReferences")
async def describe_security_group_references(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The VPCs on the other side of peering connections whose groups have rules that name these groups."""

    def read(connection: Connection) -> Answer:
        named_groups = {one.id: one for one in all_named(connection, call.scope, SECURITY_GROUP, parameters["GroupId"])}
        naming = security_groups.rules_naming(connection, list(named_groups))
        owners = {one.id: one for one in security_groups.in_scope(connection, call.scope, _owners(naming))}
        connections = peerings.in_scope(connection, call.scope)
        found = set()
        for rule in naming:
            group, owner = named_groups[rule.source_group_id or ""], owners.get(rule.group_id)
            if owner is None or owner.vpc_id == group.vpc_id:
                continue
            peering = peering_between(connections, owner.vpc_id, group.vpc_id)
            if peering is not None and peering.state is PeeringState.ACTIVE:
                found.add((group.id, owner.vpc_id, peering.id))
        names = ("GroupId", "ReferencingVpcId", "VpcPeeringConnectionId")
        return {"SecurityGroupReferenceSet": [dict(zip(names, one, strict=True)) for one in sorted(found)]}

    return await cloud.read(read)


def _owners(rules: Sequence[SecurityGroupRule]) -> list[str]:
    return list(dict.fromkeys(rule.group_id for rule in rules))


@dataclass(frozen=True, slots=True)
class _Stale:
    """A group of a VPC with those of its rules that are stale, and what these may name."""

    group: SecurityGroup
    rules: Sequence[SecurityGroupRule]
    groups: Mapping[str, SecurityGroup]
    peerings: Sequence[Peering]


def _read(connection: Connection, asked: Asked) -> list[_Stale]:
    scope = asked.call.scope
    vpc = named(connection, scope, VPC, asked.parameters["VpcId"])
    groups = {group.id: group for group in security_groups.in_scope(connection, scope)}
    connections = peerings.in_scope(connection, scope)
    stale: dict[str, list[SecurityGroupRule]] = {}
    ids = [group.id for group in groups.values() if group.vpc_id == vpc.id]
    for rule in security_groups.rules_in(connection, scope, ids):
        if is_stale(rule, groups, connections):
            stale.setdefault(rule.group_id, []).append(rule)
    return [_Stale(groups[group_id], rules, groups, connections) for group_id, rules in stale.items()]


def _output(one: _Stale, _tags: Mapping[str, str]) -> dict[str, Any]:
    def permissions(*, egress: bool) -> list[dict[str, Any]]:
        rules = [rule for rule in one.rules if rule.egress == egress]
        shown = as_permissions(rules, one.groups, one.peerings)
        kept = ("IpProtocol", "FromPort", "ToPort", "UserIdGroupPairs", "IpRanges", "PrefixListIds")
        return [{name: permission[name] for name in kept} for permission in shown]

    return {
        "GroupId": one.group.id,
        "GroupName": one.group.name,
        "Description": one.group.description,
        "VpcId": one.group.vpc_id,
        "StaleIpPermissions": permissions(egress=False),
        "StaleIpPermissionsEgress": permissions(egress=True),
    }


_STALE = Listing(
    member="StaleSecurityGroupSet",
    read=_read,
    row=_output,
    id_of=lambda one: one.group.id,
    key=lambda one: one.group.id,
    limits=(5, 255),
)


@action("DescribeStaleSecurityGroups")
async def describe_stale_security_groups(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The groups of a VPC with rules that name groups which are deleted, or of VPCs no longer peered with it."""
    return await _STALE.answer(cloud, call, parameters)
