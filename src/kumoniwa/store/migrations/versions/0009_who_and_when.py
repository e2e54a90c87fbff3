"""Boots say who called and when, and every move between an instance's states has its time.

Of what happened before, neither is known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("boots", sa.Column("principal", sa.String(), nullable=True))
    op.add_column("boots", sa.Column("end_principal", sa.String(), nullable=True))
    op.add_column("boots", sa.Column("called_at", sa.BigInteger(), nullable=True))
    op.add_column("boots", sa.Column("end_called_at", sa.BigInteger(), nullable=True))
    op.add_column("workflows", sa.Column("principal", sa.String(), nullable=True))
    op.create_index("boots_started", "boots", ["started_at"])
    op.create_table(
        "instance_moves",
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "number"),
    )
    op.create_index("instance_moves_at", "instance_moves", ["at"])
