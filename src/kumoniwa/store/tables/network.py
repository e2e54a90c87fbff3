"""Tables of VPCs, subnets and security groups."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)

from kumoniwa.store.tables.columns import scope, table

vpcs = table(
    "vpcs",
    Column("id", String, primary_key=True),
    *scope(),
    Column("cidr", String, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("dhcp_options_id", String, nullable=False),
    Column("cidr_association_id", String, nullable=False),
    Index("vpcs_scope", "account", "region"),
)

subnets = table(
    "subnets",
    Column("id", String, primary_key=True),
    *scope(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False),
    Column("zone", String, nullable=False),
    Column("zone_id", String, nullable=False),
    Column("cidr", String, nullable=False),
    Column("default_for_az", Boolean, nullable=False),
    Column("map_public_ip_on_launch", Boolean, nullable=False),
    Index("subnets_scope", "account", "region"),
)

security_groups = table(
    "security_groups",
    Column("id", String, primary_key=True),
    *scope(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("description", String, nullable=False),
    UniqueConstraint("vpc_id", "name"),
    Index("security_groups_scope", "account", "region"),
)

security_group_rules = table(
    "security_group_rules",
    Column("id", String, primary_key=True),
    Column("group_id", ForeignKey("security_groups.id", ondelete="CASCADE"), nullable=False, index=True),
    *scope(),
    Column("egress", Boolean, nullable=False),
    Column("protocol", String, nullable=False),
    Column("from_port", Integer, nullable=False),
    Column("to_port", Integer, nullable=False),
    Column("cidr_ipv4", String),
    Column("cidr_ipv6", String),
    Column("prefix_list_id", String),
    Column("source_group_id", String, index=True),
    Column("description", String),
)
