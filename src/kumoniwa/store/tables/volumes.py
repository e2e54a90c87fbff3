"""Tables of volumes, attachments and modifications."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    false,
)

from kumoniwa.model.volumes import AttachmentState, ModificationState, VolumeState
from kumoniwa.store.tables.columns import Moment, Word, scope_columns, table

volumes = table(
    "volumes",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("zone", String, nullable=False),
    Column("size_gib", Integer, nullable=False),
    Column("volume_type", String, nullable=False),
    Column("iops", Integer),
    Column("throughput", Integer),
    Column("snapshot_id", String, nullable=False),
    Column("state", Word(VolumeState), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("head", ForeignKey("layers.id"), nullable=False, index=True),
    Column("encrypted", Boolean, nullable=False),
    Column("auto_enable_io", Boolean, nullable=False, server_default=false()),
    Column("kms_key_id", String),
    Column("data_key_id", String),
    Column("multi_attach", Boolean, nullable=False, server_default=false()),
    Index("volumes_order", "account", "region", "created_at", "id"),  # as they are listed
)

attachments = table(
    "attachments",
    Column("volume_id", ForeignKey("volumes.id", ondelete="CASCADE"), primary_key=True),
    Column("instance_id", ForeignKey("instances.id"), nullable=False, index=True),
    Column("device", String, nullable=False),
    Column("state", Word(AttachmentState), nullable=False),
    Column("attached_at", Moment, nullable=False),
    Column("delete_on_termination", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
    Column("after_boot", Integer, nullable=False, server_default="0"),
)

volume_modifications = table(
    "volume_modifications",
    Column("volume_id", ForeignKey("volumes.id", ondelete="CASCADE"), primary_key=True),
    Column("state", Word(ModificationState), nullable=False),
    Column("progress", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("original_size_gib", Integer, nullable=False),
    Column("original_volume_type", String, nullable=False),
    Column("target_size_gib", Integer, nullable=False),
    Column("target_volume_type", String, nullable=False),
    Column("original_iops", Integer),
    Column("original_throughput", Integer),
    Column("target_iops", Integer),
    Column("target_throughput", Integer),
    Column("original_multi_attach", Boolean, nullable=False, server_default=false()),
    Column("target_multi_attach", Boolean, nullable=False, server_default=false()),
    Column("ended_at", Moment),
    Column("status_message", Text),
)
