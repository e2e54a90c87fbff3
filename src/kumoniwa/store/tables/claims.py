"""The table of claims."""

from sqlalchemy import (
    Column,
    ForeignKey,
    String,
)

from kumoniwa.store.tables.columns import table

claims = table(
    "claims",
    Column("resource_id", String, primary_key=True),
    Column("workflow_id", ForeignKey("workflows.id"), nullable=False, index=True),
)
