"""Claims have a table of their own, and the database itself numbers workflows."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _number_workflows()
    op.create_table(
        "claims",
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"]),
        sa.PrimaryKeyConstraint("resource_id"),
    )
    op.create_index("ix_claims_workflow_id", "claims", ["workflow_id"])
    op.execute("INSERT INTO claims SELECT id, claimed_by FROM instances WHERE claimed_by IS NOT NULL")
    op.drop_column("instances", "claimed_by")


def _number_workflows() -> None:
    """Make `sequence` the primary key. SQLite needs new tables for that, the one that refers to workflows as well."""
    op.create_table(
        "workflows_numbered",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "steps_numbered",
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows_numbered.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workflow_id", "name"),
    )
    of_workflows = "sequence, id, kind, subject, arguments, state, created_at, action, request_id, error, finished_at"
    of_steps = "workflow_id, name, number, result, error, finished_at"
    for table, columns in (("workflows", of_workflows), ("steps", of_steps)):
        op.execute(f"INSERT INTO {table}_numbered ({columns}) SELECT {columns} FROM {table}")
    for table in ("steps", "workflows"):
        op.drop_table(table)
    for table in ("workflows", "steps"):
        op.rename_table(f"{table}_numbered", table)
    op.create_index("ix_workflows_state", "workflows", ["state"])
    op.create_index("workflows_subject", "workflows", ["subject", "sequence"])
