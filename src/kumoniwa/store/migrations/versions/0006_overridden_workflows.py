"""Workflows remember that a termination overrode them, which one, and where."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workflows", sa.Column("overridden_at", sa.BigInteger(), nullable=True))
    op.add_column("workflows", sa.Column("overridden_by", sa.String(), nullable=True))
    op.add_column("workflows", sa.Column("overridden_step", sa.String(), nullable=True))
