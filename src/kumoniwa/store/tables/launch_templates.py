"""Tables of launch templates."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Text

from kumoniwa.store.tables.columns import Moment, scope_columns, table

launch_templates = table(
    "launch_templates",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("name", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String, nullable=False),
    Column("default_version", Integer, nullable=False),
    Column("latest_version", Integer, nullable=False),
    Column("last_number", Integer, nullable=False),
    Index("launch_templates_order", "account", "region", "id"),  # as they are listed
    Index("launch_templates_name", "account", "region", "name", unique=True),
)

launch_template_versions = table(
    "launch_template_versions",
    Column("template_id", ForeignKey("launch_templates.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("description", Text),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String, nullable=False),
    Column("data", JSON, nullable=False),
)
