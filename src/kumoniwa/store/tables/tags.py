"""The table of tags."""

from sqlalchemy import (
    Column,
    Index,
    PrimaryKeyConstraint,
    String,
)

from kumoniwa.store.tables.columns import scope_columns, table

tags = table(
    "tags",
    *scope_columns(),
    Column("resource_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("resource_type", String, nullable=False),
    Column("value", String, nullable=False),
    PrimaryKeyConstraint("resource_id", "key", "account", "region"),  # a peering connection has tags on either side
    Index("tags_order", "account", "region", "resource_id", "key"),  # as they are listed
    Index("tags_pairs", "account", "region", "resource_type", "key", "value", "resource_id"),
)
