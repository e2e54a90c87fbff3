"""Tables of security groups, of the other VPCs that they are for, and of their rules."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)

from kumoniwa.store.tables.columns import scope_columns, table

security_groups = table(
    "security_groups",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("description", String, nullable=False),
    UniqueConstraint("vpc_id", "name"),
    Index("security_groups_scope", "account", "region"),
)

group_associations = table(
    "group_associations",
    Column("group_id", ForeignKey("security_groups.id", ondelete="CASCADE"), primary_key=True),
    Column("vpc_id", ForeignKey("vpcs.id", ondelete="CASCADE"), primary_key=True, index=True),
    *scope_columns(),
    Index("group_associations_scope", "account", "region"),
)

security_group_rules = table(
    "security_group_rules",
    Column("id", String, primary_key=True),
    Column("group_id", ForeignKey("security_groups.id", ondelete="CASCADE"), nullable=False, index=True),
    *scope_columns(),
    Column("egress", Boolean, nullable=False),
    Column("protocol", String, nullable=False),
    Column("from_port", Integer, nullable=False),
    Column("to_port", Integer, nullable=False),
    Column("cidr_ipv4", String),
    Column("cidr_ipv6", String),
    Column("prefix_list_id", String, index=True),
    Column("source_group_id", String, index=True),
    Column("description", String),
    Index("security_group_rules_order", "account", "region", "id"),  # as they are listed
)
