"""Tables of network ACLs and their entries."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String

from kumoniwa.store.tables.columns import scope_columns, table

network_acls = table(
    "network_acls",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False, index=True),
    Column("is_default", Boolean, nullable=False),
    Index("network_acls_scope", "account", "region"),
)

acl_entries = table(
    "acl_entries",
    Column("acl_id", ForeignKey("network_acls.id", ondelete="CASCADE"), primary_key=True),
    Column("egress", Boolean, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("protocol", String, nullable=False),
    Column("allow", Boolean, nullable=False),
    Column("cidr_ipv4", String),
    Column("cidr_ipv6", String),
    Column("from_port", Integer),
    Column("to_port", Integer),
    Column("icmp_type", Integer),
    Column("icmp_code", Integer),
)
