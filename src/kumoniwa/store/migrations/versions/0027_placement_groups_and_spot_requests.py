"""Placement groups and Spot requests."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "placement_groups",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("partition_count", sa.Integer(), nullable=True),
        sa.Column("spread_level", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("placement_groups", schema=None) as batch_op:
        batch_op.create_index("placement_groups_name", ["account", "region", "name"], unique=True)

    op.create_table(
        "spot_requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("max_price", sa.String(), nullable=True),
        sa.Column("interruption", sa.String(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("launch_group", sa.String(), nullable=True),
        sa.Column("specification", sa.JSON(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("interrupt_at", sa.BigInteger(), nullable=True),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("spot_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spot_requests_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_spot_requests_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index("spot_requests_scope", ["account", "region"], unique=False)
    op.create_index(
        "spot_requests_noticed",
        "spot_requests",
        ["interrupt_at", "id"],
        sqlite_where=sa.text("interrupt_at IS NOT NULL"),
    )
