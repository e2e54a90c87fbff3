"""Tables of VPCs and subnets."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
)

from kumoniwa.store.tables.columns import scope_columns, table

vpcs = table(
    "vpcs",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("cidr", String, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("dhcp_options_id", String, nullable=False),
    Column("cidr_association_id", String, nullable=False),
    Index("vpcs_scope", "account", "region"),
)

subnets = table(
    "subnets",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False),
    Column("zone", String, nullable=False),
    Column("zone_id", String, nullable=False),
    Column("cidr", String, nullable=False),
    Column("default_for_az", Boolean, nullable=False),
    Column("map_public_ip_on_launch", Boolean, nullable=False),
    Index("subnets_scope", "account", "region"),
)
