"""Security groups that network interfaces of other VPCs may be in."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "group_associations",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("vpc_id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["security_groups.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["vpc_id"], ["vpcs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", "vpc_id"),
    )
    op.create_index("ix_group_associations_vpc_id", "group_associations", ["vpc_id"])
    op.create_index("group_associations_scope", "group_associations", ["account", "region"])
