"""The table of CloudTrail's events. It has no index beside its key: a row is written with every call."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Text

from kumoniwa.store.tables.columns import table

trail_events = table(
    "trail_events",
    # SQLite's own key where its type is INTEGER.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    *(Column(name, String, nullable=False) for name in ("account", "region", "service", "action", "request_id")),
    Column("is_read", Boolean, nullable=False),
    *(Column(name, String, nullable=False) for name in ("access_key", "username")),
    Column("identity", Text, nullable=False),
    *(Column(name, String, nullable=False) for name in ("source", "agent")),
    Column("by_console", Boolean, nullable=False),
    Column("parameters", Text),
    Column("answer", Text),
    Column("error_code", String),
    Column("error_message", Text),
)
