"""Images say which request made them, so that the boots which that request caused are found."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("images", sa.Column("request_id", sa.String(), nullable=True))
