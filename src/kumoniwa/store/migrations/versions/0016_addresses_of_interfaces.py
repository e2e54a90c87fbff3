"""An index by which network interfaces are found by their further addresses."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("secondary_addresses_address", "secondary_addresses", ["private_ip"])
