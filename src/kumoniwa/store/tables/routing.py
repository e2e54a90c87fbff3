"""Tables of route tables and gateways."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Text

from kumoniwa.model.gateways import NatGatewayState
from kumoniwa.model.route_tables import RouteTarget
from kumoniwa.store.tables.columns import Moment, Word, scope_columns, table

route_tables = table(
    "route_tables",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False, index=True),
    Index("route_tables_scope", "account", "region"),
)

route_table_associations = table(
    "route_table_associations",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False, index=True),
    Column("route_table_id", ForeignKey("route_tables.id"), nullable=False, index=True),
    Column("main", Boolean, nullable=False),
    Column("subnet_id", ForeignKey("subnets.id"), unique=True),
    Column("gateway_id", String, unique=True),
    Index("route_table_associations_scope", "account", "region"),
)

routes = table(
    "routes",
    Column("route_table_id", ForeignKey("route_tables.id", ondelete="CASCADE"), primary_key=True),
    Column("destination", String, primary_key=True, index=True),
    Column("target", Word(RouteTarget), nullable=False),
    Column("target_id", String, nullable=False, index=True),
)

internet_gateways = table(
    "internet_gateways",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id"), unique=True),
    Index("internet_gateways_scope", "account", "region"),
)

egress_only_gateways = table(
    "egress_only_gateways",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False, index=True),
    Index("egress_only_gateways_scope", "account", "region"),
)

nat_gateways = table(
    "nat_gateways",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", String, nullable=False, index=True),  # no reference: it is shown for an hour after its VPC is gone
    Column("subnet_id", String, nullable=False, index=True),
    Column("public", Boolean, nullable=False),
    Column("state", Word(NatGatewayState), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("interface_id", String),
    Column("private_ip", String, nullable=False),
    Column("allocation_id", String),
    Column("public_ip", String),
    Column("deleted_at", Moment, index=True),
    Column("failure_code", String),
    Column("failure_message", Text),
    Index("nat_gateways_scope", "account", "region"),
)

nat_gateway_addresses = table(
    "nat_gateway_addresses",
    Column("nat_gateway_id", ForeignKey("nat_gateways.id", ondelete="CASCADE"), primary_key=True),
    Column("private_ip", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("allocation_id", String),
    Column("public_ip", String),
)
