"""The table of flow logs."""

from sqlalchemy import JSON, Column, Index, Integer, String, Text

from kumoniwa.store.tables.columns import Moment, scope_columns, table

flow_logs = table(
    "flow_logs",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("created_at", Moment, nullable=False),
    Column("resource_id", String, nullable=False, index=True),  # no reference: a flow log outlives what it is of
    Column("traffic_type", String, nullable=False),
    Column("destination_type", String, nullable=False),
    Column("format", Text, nullable=False),
    Column("aggregation_interval", Integer, nullable=False),
    Column("destination", String),
    Column("log_group", String),
    Column("permission_arn", String),
    Column("cross_account_role", String),
    Column("options", JSON, nullable=False),
    Index("flow_logs_scope", "account", "region"),
)
