"""Tables of the Reachability Analyzer."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Text

from kumoniwa.model.network_insights import AnalysisState
from kumoniwa.store.tables.columns import Moment, Word, scope_columns, table

insights_paths = table(
    "insights_paths",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("created_at", Moment, nullable=False),
    Column("source", String, nullable=False),  # no references: a path outlives its ends
    Column("protocol", String, nullable=False),
    Column("destination", String),
    Column("destination_ip", String),
    Column("port", Integer),
    Index("insights_paths_scope", "account", "region"),
)

insights_analyses = table(
    "insights_analyses",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("path_id", ForeignKey("insights_paths.id"), nullable=False, index=True),
    Column("started_at", Moment, nullable=False, index=True),
    Column("state", Word(AnalysisState), nullable=False),
    Column("message", Text),
    Column("found", Boolean),
    Column("result", JSON, nullable=False),
    Index("insights_analyses_scope", "account", "region"),
)
