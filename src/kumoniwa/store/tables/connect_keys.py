"""The table of public keys of EC2 Instance Connect."""

from sqlalchemy import Column, ForeignKey, String

from kumoniwa.store.tables.columns import Moment, scope_columns, table

connect_keys = table(
    "connect_keys",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("instance_id", ForeignKey("instances.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("os_user", String, nullable=False),
    Column("public_key", String, nullable=False),
    Column("caller", String, nullable=False),
    Column("valid_until", Moment, nullable=False, index=True),
)
