"""The table of Elastic IP addresses."""

from sqlalchemy import Column, ForeignKey, Index, String

from kumoniwa.store.tables.columns import scope_columns, table

elastic_ips = table(
    "elastic_ips",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("public_ip", String, nullable=False, unique=True),
    Column("association_id", String, unique=True),
    Column("interface_id", ForeignKey("network_interfaces.id"), index=True),
    Column("private_ip", String),
    Column("ptr_record", String),
    Index("elastic_ips_scope", "account", "region"),
)
