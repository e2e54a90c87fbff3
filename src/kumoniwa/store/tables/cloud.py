"""Tables of what holds for the whole cloud."""

from sqlalchemy import (
    JSON,
    Column,
    Index,
    String,
)

from kumoniwa.store.tables.columns import Moment, table

facts = table(
    "facts",  # what is true of the whole cloud, such as its part of 127.0.0.0/8
    Column("name", String, primary_key=True),
    Column("value", JSON, nullable=False),
)

client_tokens = table(
    "client_tokens",
    *(Column(name, String, primary_key=True) for name in ("account", "region", "action", "value")),
    Column("fingerprint", String, nullable=False),
    Column("output", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("client_tokens_age", "created_at"),
)
