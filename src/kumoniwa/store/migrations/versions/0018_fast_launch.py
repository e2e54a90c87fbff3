"""Fast launch: images, the machines prepared of them, and the instances and boots that come of them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fast_launches",
        sa.Column("image_id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("target_count", sa.Integer(), nullable=False),
        sa.Column("max_parallel", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id"),
    )
    op.create_index("fast_launches_scope", "fast_launches", ["account", "region"])
    op.create_table(
        "prepared_machines",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("image_id", sa.String(), nullable=False),
        sa.Column("vcpus", sa.Integer(), nullable=False),
        sa.Column("memory_mib", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("layer_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["layer_id"], ["layers.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_prepared_machines_layer_id", "prepared_machines", ["layer_id"])
    op.create_index("ix_prepared_machines_state", "prepared_machines", ["state"])
    op.create_index("prepared_machines_size", "prepared_machines", ["image_id", "vcpus", "memory_mib"])
    op.add_column("instances", sa.Column("virtio_only", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("instances", sa.Column("prepared_on", sa.String(), nullable=True))
    op.add_column("boots", sa.Column("from_memory", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("boots", sa.Column("cold_because", sa.Text(), nullable=True))
