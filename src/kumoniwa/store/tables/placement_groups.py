"""The table of placement groups."""

from sqlalchemy import Column, Index, Integer, String

from kumoniwa.model.placement_groups import Strategy
from kumoniwa.store.tables.columns import Word, scope_columns, table

placement_groups = table(
    "placement_groups",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("name", String, nullable=False),
    Column("strategy", Word(Strategy), nullable=False),
    Column("partition_count", Integer),
    Column("spread_level", String),
    Index("placement_groups_name", "account", "region", "name", unique=True),
)
