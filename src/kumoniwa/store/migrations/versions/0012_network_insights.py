"""Paths of the Reachability Analyzer, and their analyses."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SCOPE = ["account", "region"]


def upgrade() -> None:
    op.create_table(
        "insights_paths",
        *_whose(),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=True),
        sa.Column("destination_ip", sa.String(), nullable=True),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("insights_paths_scope", "insights_paths", _SCOPE)
    op.create_table(
        "insights_analyses",
        *_whose(),
        sa.Column("path_id", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("found", sa.Boolean(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["path_id"], ["insights_paths.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("insights_analyses_scope", "insights_analyses", _SCOPE)
    op.create_index("ix_insights_analyses_path_id", "insights_analyses", ["path_id"])
    op.create_index("ix_insights_analyses_started_at", "insights_analyses", ["started_at"])


def _whose() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
    )
