"""Tables of images and their devices."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    true,
)

from kumoniwa.model.consistency import Consistency
from kumoniwa.model.images import ImageState
from kumoniwa.store.tables.columns import Moment, Word, scope_columns, table

images = table(
    "images",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("name", String, nullable=False),
    Column("description", String),
    Column("state", Word(ImageState), nullable=False),
    Column("architecture", String, nullable=False),
    Column("root_device_name", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("boot_mode", String),
    Column("ena_support", Boolean, nullable=False),
    Column("platform_details", String, nullable=False),
    Column("imds_tokens_required", Boolean, nullable=False),
    Column("source_instance_id", String),
    Column("source_image_id", String),
    Column("state_reason_code", String),
    Column("state_reason_message", Text),
    Column("deregistered_at", Moment),
    Column("consistency", Word(Consistency)),
    Column("consistency_detail", Text),
    Column("frozen_ms", Float),
    Column("last_launched_at", Moment),
    Column("deprecation_at", Moment),
    Column("deregistration_protection", String, nullable=False, server_default="disabled"),
    Column("protected_until", Moment),
    Column("nvme_only", Boolean, nullable=False, server_default=true()),
    Column("request_id", String),
    Index("images_order", "account", "region", "created_at", "id"),  # as they are listed
    Index("images_age", "deregistered_at"),
    Index("images_source", "source_image_id"),
    Index("images_scope", "account", "region", "name"),
)

image_devices = table(
    "image_devices",
    Column("image_id", ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("device", String, nullable=False),
    Column("snapshot_id", String, index=True),
    Column("size_gib", Integer),
    Column("volume_type", String, nullable=False),
    Column("iops", Integer),
    Column("throughput", Integer),
    Column("delete_on_termination", Boolean, nullable=False),
    Column("virtual_name", String),
    Column("encrypted", Boolean),
    Column("kms_key_id", String),
)
