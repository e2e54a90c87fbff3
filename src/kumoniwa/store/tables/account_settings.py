"""The table of what accounts have decided for regions."""

from sqlalchemy import JSON, Column, String

from kumoniwa.model.account_settings import Setting
from kumoniwa.store.tables.columns import Word, table

account_settings = table(
    "account_settings",
    Column("account", String, primary_key=True),
    Column("region", String, primary_key=True),
    Column("name", Word(Setting), primary_key=True),
    Column("value", JSON, nullable=False),
)
