"""Images and instances from before guests had other disks keep NVMe: their systems boot from nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("images", "instances"):
        op.add_column(table, sa.Column("nvme_only", sa.Boolean(), server_default=sa.text("1"), nullable=False))
