"""Users, roles, instance profiles and policies of IAM; whose key made a call that booted a guest."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "iam_users",
        *_named(),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        *_constraints(),
    )
    op.create_table(
        "access_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["iam_users.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_access_keys_user_id", "access_keys", ["user_id"])
    op.create_table(
        "iam_roles",
        *_named(),
        sa.Column("trust_policy", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("max_session", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        *_constraints(),
    )
    op.create_table(
        "instance_profiles",
        *_named(),
        sa.Column("role_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["iam_roles.id"]),
        *_constraints(),
    )
    op.create_index("ix_instance_profiles_role_id", "instance_profiles", ["role_id"])
    op.create_table(
        "iam_policies",
        *_named(),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("default_version", sa.Integer(), nullable=False),
        sa.Column("latest_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        *_constraints(),
    )
    op.create_table(
        "iam_policy_versions",
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["policy_id"], ["iam_policies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("policy_id", "number"),
    )
    op.create_table(
        "iam_inline_policies",
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("holder_id", "name"),
    )
    op.create_table(
        "iam_attached_policies",
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("policy_arn", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("holder_id", "policy_arn"),
    )
    op.create_index("ix_iam_attached_policies_policy_arn", "iam_attached_policies", ["policy_arn"])
    op.create_table(
        "profile_associations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("profile_id", sa.String(), nullable=False),
        sa.Column("profile_arn", sa.String(), nullable=False),
        sa.Column("associated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("instance_id"),
    )
    op.create_index("profile_associations_scope", "profile_associations", ["account", "region"])
    for table, column in (
        ("workflows", "principal_arn"),
        ("boots", "principal_arn"),
        ("boots", "end_principal_arn"),
        ("hibernations", "principal_arn"),
        ("hibernations", "resume_principal_arn"),
    ):
        op.add_column(table, sa.Column(column, sa.String(), nullable=True))


def _named() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("path", sa.String(), nullable=False),
    )


def _constraints() -> tuple[sa.Constraint, ...]:
    return sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("account", "name")
