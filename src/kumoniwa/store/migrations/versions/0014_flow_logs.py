"""Flow logs."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flow_logs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("traffic_type", sa.String(), nullable=False),
        sa.Column("destination_type", sa.String(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("aggregation_interval", sa.Integer(), nullable=False),
        sa.Column("destination", sa.String(), nullable=True),
        sa.Column("log_group", sa.String(), nullable=True),
        sa.Column("permission_arn", sa.String(), nullable=True),
        sa.Column("cross_account_role", sa.String(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("flow_logs_scope", "flow_logs", ["account", "region"])
    op.create_index("ix_flow_logs_resource_id", "flow_logs", ["resource_id"])
