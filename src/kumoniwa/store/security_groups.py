"""Security groups and their rules in the database."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, select

from kumoniwa.model.scope import Scope
from kumoniwa.model.security_groups import GroupAssociation, SecurityGroup, SecurityGroupRule
from kumoniwa.store import vpc_plans
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import InScope, all_of, insert
from kumoniwa.store.tables.network_interfaces import interface_groups, network_interfaces
from kumoniwa.store.tables.security_groups import group_associations, security_group_rules, security_groups

DEFAULT_NAME = "default"
"""The name of the group that every VPC has and that cannot be deleted."""


def add(connection: Connection, group: SecurityGroup, *rules: SecurityGroupRule) -> None:
    """Write a new group with its first rules."""
    insert(connection, security_groups, group)
    add_rules(connection, *rules)


def delete(connection: Connection, group_id: str) -> None:
    """Delete a group and its rules. The caller knows that nothing refers to it."""
    connection.execute(security_groups.delete().where(security_groups.c.id == group_id))


_NAMED = Prepared(
    select(security_groups).where(
        security_groups.c.vpc_id == bindparam("vpc"), security_groups.c.name == bindparam("name")
    ),
    kept=True,
)
_IN_SCOPE = InScope(SecurityGroup, security_groups, kept=True)


def named(connection: Connection, vpc_id: str, name: str) -> SecurityGroup | None:
    """The group of that name in a VPC: names are unique there."""
    return _NAMED.value(SecurityGroup, connection, vpc=vpc_id, name=name)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[SecurityGroup]:
    """The security groups of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


_OF_VPC = Prepared(select(security_groups).where(security_groups.c.vpc_id == bindparam("vpc")))


def of_vpc(connection: Connection, vpc_id: str) -> list[SecurityGroup]:
    """The security groups of a VPC."""
    return _OF_VPC.values(SecurityGroup, connection, vpc=vpc_id)


_ASSOCIATED = Prepared(
    select(security_groups)
    .join(group_associations, group_associations.c.group_id == security_groups.c.id)
    .where(group_associations.c.vpc_id == bindparam("vpc"))
)


def for_vpc(connection: Connection, vpc_id: str) -> list[SecurityGroup]:
    """The security groups in which network interfaces of a VPC may be: its own, and those associated with it."""
    return [*of_vpc(connection, vpc_id), *_ASSOCIATED.values(SecurityGroup, connection, vpc=vpc_id)]


_ASSOCIATIONS_IN = Prepared(
    select(group_associations)
    .where(group_associations.c.account == bindparam("account"), group_associations.c.region == bindparam("region"))
    .order_by(group_associations.c.group_id, group_associations.c.vpc_id)
)
_THIS = (group_associations.c.group_id == bindparam("group")) & (group_associations.c.vpc_id == bindparam("vpc"))
_FOUND = Prepared(select(group_associations).where(_THIS))
_ENDED = Prepared(group_associations.delete().where(_THIS))
_OF_GROUP = Prepared(
    select(group_associations.c.vpc_id).where(group_associations.c.group_id == bindparam("group")).limit(1)
)
_MEMBER_IN = Prepared(
    select(interface_groups.c.interface_id)
    .join(network_interfaces, network_interfaces.c.id == interface_groups.c.interface_id)
    .where(interface_groups.c.group_id == bindparam("group"), network_interfaces.c.vpc_id == bindparam("vpc"))
    .limit(1)
)


def associations_in(connection: Connection, scope: Scope) -> list[GroupAssociation]:
    """The associations of an account's security groups with other VPCs, in a region."""
    return _ASSOCIATIONS_IN.values(GroupAssociation, connection, account=scope.account, region=scope.region)


def associate(connection: Connection, association: GroupAssociation) -> None:
    """Let network interfaces of another VPC be in a group."""
    insert(connection, group_associations, association)


def end_association(connection: Connection, group_id: str, vpc_id: str) -> None:
    """Let them not any more. The caller knows that none is."""
    _ENDED.run(connection, group=group_id, vpc=vpc_id)


def is_associated(connection: Connection, group_id: str, vpc_id: str) -> bool:
    """Whether network interfaces of this other VPC may be in a group."""
    return _FOUND.first(connection, group=group_id, vpc=vpc_id) is not None


def has_members_in(connection: Connection, group_id: str, vpc_id: str) -> bool:
    """Whether a network interface of a VPC is in a group."""
    return _MEMBER_IN.first(connection, group=group_id, vpc=vpc_id) is not None


def has_associations(connection: Connection, group_id: str) -> bool:
    """Whether a group is associated with any other VPC."""
    return _OF_GROUP.first(connection, group=group_id) is not None


def rules_in(connection: Connection, scope: Scope, group_ids: Collection[str] | None = None) -> list[SecurityGroupRule]:
    """The rules of these groups, or of all groups of an account in a region."""
    query = _scoped(security_group_rules, scope).order_by(security_group_rules.c.id)
    if group_ids is not None:
        query = query.where(security_group_rules.c.group_id.in_(group_ids))
    return all_of(SecurityGroupRule, connection, query)


_RULES_OF = Prepared(
    select(security_group_rules)
    .where(among(security_group_rules.c.group_id, "ids"), security_group_rules.c.egress == bindparam("egress"))
    .order_by(security_group_rules.c.id),
    kept=True,
)


def rules_of(connection: Connection, group_ids: Collection[str], *, egress: bool) -> list[SecurityGroupRule]:
    """The rules of these groups, one way."""
    return _RULES_OF.values(SecurityGroupRule, connection, ids=listed(group_ids), egress=egress)


def ingress_by_block(connection: Connection, group_ids: Collection[str]) -> list[SecurityGroupRule]:
    """The ingress rules of these groups; one that names a prefix list is given for each block that the list has now."""
    rules = rules_of(connection, group_ids, egress=False)
    named_lists = sorted({rule.prefix_list_id for rule in rules if rule.prefix_list_id is not None})
    if not named_lists:
        return rules
    blocks = vpc_plans.prefix_list_blocks(connection, named_lists)
    return [one for rule in rules for one in _by_block(rule, blocks)]


def _by_block(rule: SecurityGroupRule, blocks: Mapping[str, Collection[str]]) -> list[SecurityGroupRule]:
    if rule.prefix_list_id is None:
        return [rule]
    ipv4 = [block for block in blocks.get(rule.prefix_list_id, ()) if ":" not in block]
    return [replace(rule, prefix_list_id=None, cidr_ipv4=block) for block in ipv4]


_NAMING_LIST = Prepared(
    select(network_interfaces.c.instance_id)
    .join(interface_groups, interface_groups.c.interface_id == network_interfaces.c.id)
    .join(security_group_rules, security_group_rules.c.group_id == interface_groups.c.group_id)
    .where(
        security_group_rules.c.prefix_list_id == bindparam("prefix_list"),
        ~security_group_rules.c.egress,
        network_interfaces.c.instance_id.is_not(None),
    )
    .distinct()
)


def instances_admitting(connection: Connection, prefix_list_id: str) -> list[str]:
    """The ids of the instances that a group of theirs admits the blocks of a prefix list to."""
    return _NAMING_LIST.scalars(connection, prefix_list=prefix_list_id)


_NAMING = Prepared(
    select(security_group_rules)
    .where(among(security_group_rules.c.source_group_id, "ids"))
    .order_by(security_group_rules.c.id)
)


def rules_naming(connection: Connection, group_ids: Collection[str]) -> list[SecurityGroupRule]:
    """The rules, of whichever groups, that name these groups as their sources."""
    return _NAMING.values(SecurityGroupRule, connection, ids=listed(group_ids))


def add_rules(connection: Connection, *rules: SecurityGroupRule) -> None:
    insert(connection, security_group_rules, *rules)


def change_rule(connection: Connection, rule_id: str, **columns: Any) -> None:
    """Change what a rule says."""
    rules = security_group_rules
    connection.execute(rules.update().where(rules.c.id == rule_id).values(**columns))


def remove_rules(connection: Connection, rule_ids: Collection[str]) -> None:
    connection.execute(security_group_rules.delete().where(security_group_rules.c.id.in_(rule_ids)))


def is_in_use(connection: Connection, group_id: str) -> bool:
    """Whether a network interface is in the group, or a rule of another group of its VPC names it.

    A rule of a peered VPC that names it does not count: it is stale when the group is gone.
    """
    members = select(interface_groups.c.interface_id).where(interface_groups.c.group_id == group_id)
    own = select(security_groups.c.vpc_id).where(security_groups.c.id == group_id).scalar_subquery()
    of_rule = security_groups.alias()
    naming = (
        select(security_group_rules.c.id)
        .join(of_rule, of_rule.c.id == security_group_rules.c.group_id)
        .where(
            security_group_rules.c.source_group_id == group_id,
            security_group_rules.c.group_id != group_id,
            of_rule.c.vpc_id == own,
        )
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in (members, naming))


def _scoped(table: Table, scope: Scope) -> Select[Any]:
    return select(table).where(table.c.account == scope.account, table.c.region == scope.region)
