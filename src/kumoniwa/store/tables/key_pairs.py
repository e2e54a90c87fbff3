"""The table of key pairs."""

from sqlalchemy import (
    Column,
    String,
    Text,
    UniqueConstraint,
)

from kumoniwa.store.tables.columns import Moment, scope_columns, table

key_pairs = table(
    "key_pairs",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("name", String, nullable=False),
    Column("key_type", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("account", "region", "name"),
)
