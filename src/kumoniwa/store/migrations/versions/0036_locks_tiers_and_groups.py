"""Locks of snapshots and the tiers that they are in; groups of IAM's users."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "snapshot_locks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("counted_from", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("cool_off_hours", sa.Integer(), nullable=True),
        sa.Column("cool_off_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["snapshots.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("snapshot_locks_scope", "snapshot_locks", ["account", "region", "id"])
    with op.batch_alter_table("snapshots") as table:
        table.add_column(sa.Column("storage_tier", sa.String(), server_default="standard", nullable=False))
        table.add_column(sa.Column("tiering", sa.String(), nullable=True))
        for name in ("tiered_at", "archived_at", "restored_until"):
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
    some = sa.text("restored_until IS NOT NULL")
    op.create_index(
        "snapshots_restored", "snapshots", ["restored_until", "id"], sqlite_where=some, postgresql_where=some
    )
    op.create_table(
        "iam_groups",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account", "name"),
    )
    op.create_table(
        "iam_memberships",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["iam_groups.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["iam_users.id"]),
        sa.PrimaryKeyConstraint("group_id", "user_id"),
    )
    op.create_index("ix_iam_memberships_user_id", "iam_memberships", ["user_id"])
