"""Volumes with Multi-Attach."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, name in (
        ("volumes", "multi_attach"),
        ("volume_modifications", "original_multi_attach"),
        ("volume_modifications", "target_multi_attach"),
    ):
        op.add_column(table, sa.Column(name, sa.Boolean(), server_default=sa.text("0"), nullable=False))
