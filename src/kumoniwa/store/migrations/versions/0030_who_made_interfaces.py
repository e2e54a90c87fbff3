"""Who made a network interface."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("network_interfaces", sa.Column("requester_id", sa.String(), nullable=True))
