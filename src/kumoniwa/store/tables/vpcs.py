"""Tables of VPCs, their blocks of addresses, subnets, and what of these is reserved."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    false,
    true,
)

from kumoniwa.model.vpcs import ReservationKind
from kumoniwa.store.tables.columns import Moment, Word, scope_columns, table

vpcs = table(
    "vpcs",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("cidr", String, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("dhcp_options_id", String, nullable=False),
    Column("cidr_association_id", String, nullable=False),
    Column("dns_support", Boolean, nullable=False, server_default=true()),
    Column("dns_hostnames", Boolean, nullable=False, server_default=true()),
    Column("usage_metrics", Boolean, nullable=False, server_default=false()),
    Column("tenancy", String, nullable=False, server_default="default"),
    Index("vpcs_scope", "account", "region"),
    Index("vpcs_dhcp_options", "dhcp_options_id"),
)

vpc_blocks = table(
    "vpc_blocks",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("cidr", String, nullable=False),
    Index("vpc_blocks_scope", "account", "region"),
)

former_blocks = table(
    "former_blocks",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id", ondelete="CASCADE"), index=True),
    Column("subnet_id", ForeignKey("subnets.id", ondelete="CASCADE"), index=True),
    Column("cidr", String, nullable=False),
    Column("taken_at", Moment, nullable=False, index=True),
    Index("former_blocks_scope", "account", "region"),
)

subnets = table(
    "subnets",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False, index=True),
    Column("zone", String, nullable=False),
    Column("zone_id", String, nullable=False),
    Column("cidr", String, nullable=False),
    Column("default_for_az", Boolean, nullable=False),
    Column("map_public_ip_on_launch", Boolean, nullable=False),
    Column("acl_id", String, nullable=False, server_default="", index=True),
    Column("acl_association_id", String, nullable=False, server_default="", index=True),
    Column("ipv6_cidr", String),
    Column("ipv6_association_id", String),
    Column("assign_ipv6", Boolean, nullable=False, server_default=false()),
    Column("dns64", Boolean, nullable=False, server_default=false()),
    Column("hostname_type", String, nullable=False, server_default="ip-name"),
    Column("resource_name_a", Boolean, nullable=False, server_default=false()),
    Column("resource_name_aaaa", Boolean, nullable=False, server_default=false()),
    Index("subnets_scope", "account", "region"),
)

subnet_reservations = table(
    "subnet_reservations",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("subnet_id", ForeignKey("subnets.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("cidr", String, nullable=False),
    Column("kind", Word(ReservationKind), nullable=False),
    Column("description", String),
    Index("subnet_reservations_scope", "account", "region"),
)
