"""Tables of IAM's users, groups, roles, instance profiles and policies. They are of an account, and of no region."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from kumoniwa.model.users import KeyStatus
from kumoniwa.store.tables.columns import Moment, Word, scope_columns, table


def _named() -> tuple[Column[str], Column[str], Column[str], Column[str]]:
    """What users, groups, roles, profiles and policies have in common."""
    return (
        Column("id", String, primary_key=True),
        Column("account", String, nullable=False),
        Column("name", String, nullable=False),
        Column("path", String, nullable=False),
    )


iam_users = table(
    "iam_users",
    *_named(),
    Column("created_at", Moment, nullable=False),
    Column("tags", JSON, nullable=False),
    UniqueConstraint("account", "name"),
)

iam_groups = table(
    "iam_groups",
    *_named(),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("account", "name"),
)

iam_memberships = table(
    "iam_memberships",
    Column("group_id", ForeignKey("iam_groups.id"), primary_key=True),
    Column("user_id", ForeignKey("iam_users.id"), primary_key=True, index=True),
)

access_keys = table(
    "access_keys",
    Column("id", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("user_id", ForeignKey("iam_users.id"), nullable=False, index=True),
    Column("secret", String, nullable=False),
    Column("status", Word(KeyStatus), nullable=False),
    Column("created_at", Moment, nullable=False),
)

iam_roles = table(
    "iam_roles",
    *_named(),
    Column("trust_policy", Text, nullable=False),
    Column("description", Text),
    Column("max_session", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("tags", JSON, nullable=False),
    UniqueConstraint("account", "name"),
)

instance_profiles = table(
    "instance_profiles",
    *_named(),
    Column("role_id", ForeignKey("iam_roles.id"), index=True),
    Column("created_at", Moment, nullable=False),
    Column("tags", JSON, nullable=False),
    UniqueConstraint("account", "name"),
)

iam_policies = table(
    "iam_policies",
    *_named(),
    Column("description", Text),
    Column("default_version", Integer, nullable=False),
    Column("latest_version", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("tags", JSON, nullable=False),
    UniqueConstraint("account", "name"),
)

iam_policy_versions = table(
    "iam_policy_versions",
    Column("policy_id", ForeignKey("iam_policies.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

iam_inline_policies = table(
    "iam_inline_policies",
    Column("holder_id", String, primary_key=True),  # a user's, a group's or a role's
    Column("name", String, primary_key=True),
    Column("document", Text, nullable=False),
)

iam_attached_policies = table(
    "iam_attached_policies",
    Column("holder_id", String, primary_key=True),  # a user's, a group's or a role's
    Column("policy_arn", String, primary_key=True, index=True),
)

profile_associations = table(
    "profile_associations",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("instance_id", String, nullable=False, unique=True),
    Column("profile_id", String, nullable=False),
    Column("profile_arn", String, nullable=False),
    Column("associated_at", Moment, nullable=False),
    Index("profile_associations_scope", "account", "region"),
)
