"""References of security groups' rules to other groups: of the same VPC, or of one that is peered with it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error
from kumoniwa.model.peerings import Peering, PeeringState
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule
from kumoniwa.store import vpc_plans


def check_may_name(
    connection: Connection, call: Call, group: SecurityGroup, source: SecurityGroup, peering_id: str | None
) -> None:
    """Raises EC2's refusal of a rule of a group that names one of a VPC without an active peering connection to its
    own; `peering_id` is the connection that the caller names, if one is named."""
    if group.vpc_id == source.vpc_id:
        return
    active = vpc_plans.peerings_of(connection, group.vpc_id)
    if not any(_is_between(one, group.vpc_id, source.vpc_id) and peering_id in (None, one.id) for one in active):
        raise Ec2Error("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")


def is_stale(rule: SecurityGroupRule, groups: Mapping[str, SecurityGroup], peerings: Sequence[Peering]) -> bool:
    """Whether a rule names a group that is deleted, or one of a VPC that is no longer peered with its own."""
    if rule.source_group_id is None:
        return False
    source, own = groups.get(rule.source_group_id), groups[rule.group_id]
    if source is None or source.vpc_id == own.vpc_id:
        return source is None
    peering = peering_between(peerings, own.vpc_id, source.vpc_id)
    return peering is None or peering.state is not PeeringState.ACTIVE


def peering_between(peerings: Iterable[Peering], vpc_id: str, other_id: str) -> Peering | None:
    """The peering connection of two VPCs: the active one, or else the newest that is still shown."""
    between = (one for one in peerings if _is_between(one, vpc_id, other_id))
    return max(between, key=lambda one: (one.state is PeeringState.ACTIVE, one.created_at, one.id), default=None)


def pair_output(
    rule: SecurityGroupRule, groups: Mapping[str, SecurityGroup], peerings: Sequence[Peering]
) -> dict[str, Any]:
    """The group that a rule names, under EC2's member names: of another VPC, with that and the connection to it."""
    assert rule.source_group_id is not None, "the rule names a group"
    source, own = groups.get(rule.source_group_id), groups.get(rule.group_id)
    pair = {"UserId": rule.account if source is None else source.account, "GroupId": rule.source_group_id}
    if source is None or own is None or source.vpc_id == own.vpc_id:
        return pair
    peering = peering_between(peerings, own.vpc_id, source.vpc_id)
    if peering is None:
        return {**pair, "VpcId": source.vpc_id}
    connection = {"VpcPeeringConnectionId": peering.id, "PeeringStatus": str(peering.state)}
    return {**pair, "VpcId": source.vpc_id, **connection}


def _is_between(peering: Peering, vpc_id: str, other_id: str) -> bool:
    return {peering.requester_vpc_id, peering.accepter_vpc_id} == {vpc_id, other_id}
