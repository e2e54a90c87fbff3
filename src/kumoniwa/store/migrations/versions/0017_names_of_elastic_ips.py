"""The record for reverse DNS that an Elastic IP address has."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("elastic_ips", sa.Column("ptr_record", sa.String(), nullable=True))
