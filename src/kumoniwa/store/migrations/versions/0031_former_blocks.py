"""Blocks of addresses that were taken from VPCs and subnets."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_blocks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("vpc_id", sa.String(), nullable=True),
        sa.Column("subnet_id", sa.String(), nullable=True),
        sa.Column("cidr", sa.String(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["vpc_id"], ["vpcs.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subnet_id"], ["subnets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("former_blocks_scope", "former_blocks", ["account", "region"])
    for column in ("vpc_id", "subnet_id", "taken_at"):
        op.create_index(f"ix_former_blocks_{column}", "former_blocks", [column])
