"""Storage in full: volumes that change, images and snapshots that are shared, layers that are measured."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "permissions",
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("grantee", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id", "grantee"),
    )
    op.create_table(
        "replace_root_tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("delete_replaced", sa.Boolean(), nullable=False),
        sa.Column("new_volume_id", sa.String(), nullable=False),
        sa.Column("old_volume_id", sa.String(), nullable=False),
        sa.Column("image_id", sa.String(), nullable=True),
        sa.Column("snapshot_id", sa.String(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("replace_root_tasks", schema=None) as batch_op:
        batch_op.create_index("replace_root_tasks_scope", ["account", "region"], unique=False)

    op.create_table(
        "volume_modifications",
        sa.Column("volume_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("original_size_gib", sa.Integer(), nullable=False),
        sa.Column("original_volume_type", sa.String(), nullable=False),
        sa.Column("target_size_gib", sa.Integer(), nullable=False),
        sa.Column("target_volume_type", sa.String(), nullable=False),
        sa.Column("original_iops", sa.Integer(), nullable=True),
        sa.Column("original_throughput", sa.Integer(), nullable=True),
        sa.Column("target_iops", sa.Integer(), nullable=True),
        sa.Column("target_throughput", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("status_message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["volume_id"], ["volumes.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("volume_id"),
    )
    # Not in batches, which make a table anew and drop the old one: others refer to its rows.
    op.add_column("images", sa.Column("frozen_ms", sa.Float(), nullable=True))
    op.add_column("images", sa.Column("deprecation_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "images", sa.Column("deregistration_protection", sa.String(), server_default="disabled", nullable=False)
    )
    op.add_column("images", sa.Column("protected_until", sa.BigInteger(), nullable=True))

    op.add_column("instances", sa.Column("boot_mode", sa.String(), nullable=True))

    op.add_column("layers", sa.Column("sealed_bytes", sa.BigInteger(), nullable=True))
    op.add_column("layers", sa.Column("sealed_sha256", sa.String(), nullable=True))
    op.add_column("layers", sa.Column("made", sa.Boolean(), server_default=sa.text("1"), nullable=False))
    # Files that an unfinished workflow has yet to make, and may have made: they are not missing where they are not.
    op.execute(
        "UPDATE layers SET made = 0 WHERE id IN (SELECT head FROM volumes WHERE state = 'creating') OR ("
        "id NOT IN (SELECT head FROM volumes) "
        "AND id NOT IN (SELECT layer_id FROM snapshots WHERE layer_id IS NOT NULL) "
        "AND id NOT IN (SELECT parent_id FROM layers WHERE parent_id IS NOT NULL))"
    )

    op.add_column("snapshots", sa.Column("frozen_ms", sa.Float(), nullable=True))
    op.add_column("snapshots", sa.Column("changed_bytes", sa.BigInteger(), nullable=True))
    op.add_column("snapshots", sa.Column("full_bytes", sa.BigInteger(), nullable=True))

    op.add_column("volumes", sa.Column("auto_enable_io", sa.Boolean(), server_default=sa.text("0"), nullable=False))
