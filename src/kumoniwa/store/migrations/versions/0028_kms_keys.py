"""KMS's keys, their aliases and their grants."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kms_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("manager", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("deletion_at", sa.BigInteger(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("rotation_days", sa.Integer(), nullable=True),
        sa.Column("rotates_since", sa.BigInteger(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("material", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("kms_keys_scope", "kms_keys", ["account", "region", "id"])
    op.create_index(
        "kms_keys_deleted", "kms_keys", ["deletion_at", "id"], sqlite_where=sa.text("deletion_at IS NOT NULL")
    )
    op.create_index("kms_keys_used", "kms_keys", ["id"], sqlite_where=sa.text("material IS NOT NULL"))
    op.create_table(
        "kms_aliases",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["kms_keys.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account", "region", "name"),
    )
    op.create_index("ix_kms_aliases_key_id", "kms_aliases", ["key_id"])
    op.create_table(
        "kms_grants",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("grantee", sa.String(), nullable=True),
        sa.Column("retiring", sa.String(), nullable=True),
        sa.Column("grantee_service", sa.String(), nullable=True),
        sa.Column("retiring_service", sa.String(), nullable=True),
        sa.Column("operations", sa.JSON(), nullable=False),
        sa.Column("constraints", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["kms_keys.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("kms_grants_of_key", "kms_grants", ["key_id", "id"])
    op.create_index("kms_grants_scope", "kms_grants", ["account", "region", "id"])
