"""Tables of KMS's keys, their aliases and their grants."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Text

from kumoniwa.model.kms_keys import KeyManager, KeyState
from kumoniwa.store.tables.columns import Moment, Word, index_of_some, scope_columns, table

kms_keys = table(
    "kms_keys",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("created_at", Moment, nullable=False),
    Column("description", Text, nullable=False),
    Column("manager", Word(KeyManager), nullable=False),
    Column("state", Word(KeyState), nullable=False),
    Column("deletion_at", Moment),
    Column("policy", Text),
    Column("rotation_days", Integer),
    Column("rotates_since", Moment),
    Column("tags", JSON, nullable=False),
    Column("material", Text),
    Index("kms_keys_scope", "account", "region", "id"),
    index_of_some("kms_keys_used", "id", where="material IS NOT NULL"),
    index_of_some("kms_keys_deleted", "deletion_at", "id", where="deletion_at IS NOT NULL"),
)

kms_aliases = table(
    "kms_aliases",
    *(Column(name, String, primary_key=True) for name in ("account", "region", "name")),
    Column("key_id", ForeignKey("kms_keys.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

kms_grants = table(
    "kms_grants",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("key_id", ForeignKey("kms_keys.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("grantee", String),
    Column("retiring", String),
    Column("grantee_service", String),
    Column("retiring_service", String),
    Column("operations", JSON, nullable=False),
    Column("constraints", JSON, nullable=False),
    Column("name", String),
    Index("kms_grants_of_key", "key_id", "id"),
    Index("kms_grants_scope", "account", "region", "id"),
)
