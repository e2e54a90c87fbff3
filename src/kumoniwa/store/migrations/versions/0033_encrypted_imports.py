"""The key of an imported snapshot."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("import_tasks") as table:
        table.add_column(sa.Column("kms_key_id", sa.String(), nullable=True))
