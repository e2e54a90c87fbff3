"""The bus of an instance's disks: instances from before keep NVMe, which is all that their systems boot from."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instances", sa.Column("disk_bus", sa.String(), server_default="nvme", nullable=False))
