"""Tables of workflows and their journals."""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
)

from kumoniwa.model.workflows import WorkflowState
from kumoniwa.store.tables.columns import Moment, Word, table

workflows = table(
    "workflows",
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("subject", String),
    Column("arguments", JSON, nullable=False),
    Column("state", Word(WorkflowState), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("action", String),
    Column("request_id", String),
    Column("principal", String),
    Column("principal_arn", String),
    Column("error", Text),
    Column("finished_at", Moment),
    Column("overridden_at", Moment),
    Column("overridden_by", String),
    Column("overridden_step", String),
    Index("workflows_turn", "subject", "state", "sequence"),
    Index("workflows_kind", "kind", "created_at"),
    Index("workflows_finished", "finished_at"),
)

steps = table(
    "steps",
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("result", JSON),
    Column("error", Text),
    Column("finished_at", Moment, nullable=False),
)
