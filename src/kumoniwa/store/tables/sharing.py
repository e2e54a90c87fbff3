"""The table of permissions."""

from sqlalchemy import (
    Column,
    String,
)

from kumoniwa.store.tables.columns import table

permissions = table(
    "permissions",
    Column("resource_id", String, primary_key=True),
    Column("grantee", String, primary_key=True),
)
