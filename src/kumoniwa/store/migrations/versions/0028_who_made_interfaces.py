"""Who made a network interface."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("network_interfaces", sa.Column("requester_id", sa.String(), nullable=True))
