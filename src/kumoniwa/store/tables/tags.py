"""The table of tags."""

from sqlalchemy import (
    Column,
    Index,
    String,
)

from kumoniwa.store.tables.columns import scope_columns, table

tags = table(
    "tags",
    *scope_columns(),
    Column("resource_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("resource_type", String, nullable=False),
    Column("value", String, nullable=False),
    Index("tags_order", "account", "region", "resource_id", "key"),  # as they are listed
    Index("tags_pairs", "account", "region", "resource_type", "key", "value", "resource_id"),
)
