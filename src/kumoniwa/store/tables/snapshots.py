"""Tables of snapshots, of their locks and of their imports."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
)

from kumoniwa.model.consistency import Consistency
from kumoniwa.model.snapshot_locks import LockMode
from kumoniwa.model.snapshots import ImportState, SnapshotState, StorageTier, Tiering
from kumoniwa.store.tables.columns import Moment, Word, index_of_some, scope_columns, table

snapshots = table(
    "snapshots",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("volume_id", String, nullable=False, index=True),
    Column("volume_size_gib", Integer, nullable=False),
    Column("state", Word(SnapshotState), nullable=False),
    Column("progress", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("description", String, nullable=False),
    Column("layer_id", ForeignKey("layers.id"), index=True),
    Column("completed_at", Moment),
    Column("state_message", Text),
    Column("consistency", Word(Consistency)),
    Column("consistency_detail", Text),
    Column("frozen_ms", Float),
    Column("changed_bytes", BigInteger),
    Column("full_bytes", BigInteger),
    Column("kms_key_id", String),
    Column("data_key_id", String),
    Column("storage_tier", Word(StorageTier), nullable=False, server_default="standard"),
    Column("tiering", Word(Tiering)),
    Column("tiered_at", Moment),
    Column("archived_at", Moment),
    Column("restored_until", Moment),
    index_of_some("snapshots_restored", "restored_until", "id", where="restored_until IS NOT NULL"),
    Index("snapshots_order", "account", "region", "started_at", "id"),  # as they are listed
)

snapshot_locks = table(
    "snapshot_locks",
    Column("id", ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True),
    *scope_columns(),
    Column("mode", Word(LockMode), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("counted_from", Moment, nullable=False),
    Column("days", Integer),
    Column("until", Moment),
    Column("cool_off_hours", Integer),
    Column("cool_off_until", Moment),
    Index("snapshot_locks_scope", "account", "region", "id"),
)

import_tasks = table(
    "import_tasks",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("snapshot_id", String, nullable=False),
    Column("source", Text, nullable=False),
    Column("format", String, nullable=False),
    Column("description", String, nullable=False),
    Column("state", Word(ImportState), nullable=False),
    Column("progress", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("status_message", Text, nullable=False),
    Column("kms_key_id", String),
    Index("import_tasks_scope", "account", "region"),
    Index("import_tasks_age", "created_at"),
)
