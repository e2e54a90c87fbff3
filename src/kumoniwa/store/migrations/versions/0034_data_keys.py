"""The ids of the data keys of encrypted volumes and snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("snapshots", "volumes"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("data_key_id", sa.String(), nullable=True))
