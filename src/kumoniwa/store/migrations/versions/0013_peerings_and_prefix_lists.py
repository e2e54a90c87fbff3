"""Peering connections expire, and prefix lists have a state and are found by what names them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_peerings_expires_at", "peerings", ["expires_at"])
    op.create_index("ix_routes_destination", "routes", ["destination"])
    op.create_index("ix_security_group_rules_prefix_list_id", "security_group_rules", ["prefix_list_id"])
    op.add_column("prefix_lists", sa.Column("state", sa.String(), server_default="create-complete", nullable=False))
    op.add_column("prefix_lists", sa.Column("state_message", sa.Text(), nullable=True))
