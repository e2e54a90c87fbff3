"""Encrypted layers, and the keys of volumes, snapshots and the devices of images."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("encrypted", "is_copy"):
        op.add_column("layers", sa.Column(name, sa.Boolean(), server_default=sa.text("0"), nullable=False))
    op.add_column("volumes", sa.Column("kms_key_id", sa.String(), nullable=True))
    op.add_column("snapshots", sa.Column("kms_key_id", sa.String(), nullable=True))
    op.add_column("image_devices", sa.Column("encrypted", sa.Boolean(), nullable=True))
    op.add_column("image_devices", sa.Column("kms_key_id", sa.String(), nullable=True))
    op.create_index("parameters_sealed", "parameters", ["key_id", "name"], sqlite_where=sa.text("key_id IS NOT NULL"))
