"""The tables. A column is named as the field of the value it keeps, so that rows and values need no mapping between.

Moments are kept as whole microseconds since 1970 (UTC), words on the wire as text.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import InstanceState, Reachability, ShutdownBehavior
from kumoniwa.model.storage import (
    AttachmentState,
    Consistency,
    ImageState,
    ImportState,
    ModificationState,
    ReplaceRootState,
    SnapshotState,
    VolumeState,
)
from kumoniwa.model.workflows import WorkflowState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Word(TypeDecorator[StrEnum]):
    """A word of a closed vocabulary, kept as text."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


metadata = MetaData()


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, metadata, *parts)


def _scope() -> tuple[Column[str], Column[str]]:
    return Column("account", String, nullable=False), Column("region", String, nullable=False)


facts = _table(
    "facts",  # what is true of the whole cloud, such as its part of 127.0.0.0/8
    Column("name", String, primary_key=True),
    Column("value", JSON, nullable=False),
)

layers = _table(
    "layers",
    Column("id", String, primary_key=True),
    Column("parent_id", ForeignKey("layers.id"), index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("sealed_bytes", BigInteger),
    Column("sealed_sha256", String),
    Column("made", Boolean, nullable=False, server_default=true()),
)

vpcs = _table(
    "vpcs",
    Column("id", String, primary_key=True),
    *_scope(),
    Column("cidr", String, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("dhcp_options_id", String, nullable=False),
    Column("cidr_association_id", String, nullable=False),
    Index("vpcs_scope", "account", "region"),
)

subnets = _table(
    "subnets",
    Column("id", String, primary_key=True),
    *_scope(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False),
    Column("zone", String, nullable=False),
    Column("zone_id", String, nullable=False),
    Column("cidr", String, nullable=False),
    Column("default_for_az", Boolean, nullable=False),
    Column("map_public_ip_on_launch", Boolean, nullable=False),
    Index("subnets_scope", "account", "region"),
)

security_groups = _table(
    "security_groups",
    Column("id", String, primary_key=True),
    *_scope(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("description", String, nullable=False),
    UniqueConstraint("vpc_id", "name"),
    Index("security_groups_scope", "account", "region"),
)

security_group_rules = _table(
    "security_group_rules",
    Column("id", String, primary_key=True),
    Column("group_id", ForeignKey("security_groups.id", ondelete="CASCADE"), nullable=False, index=True),
    *_scope(),
    Column("egress", Boolean, nullable=False),
    Column("protocol", String, nullable=False),
    Column("from_port", Integer, nullable=False),
    Column("to_port", Integer, nullable=False),
    Column("cidr_ipv4", String),
    Column("cidr_ipv6", String),
    Column("prefix_list_id", String),
    Column("source_group_id", String, index=True),
    Column("description", String),
)

key_pairs = _table(
    "key_pairs",
    Column("id", String, primary_key=True),
    *_scope(),
    Column("name", String, nullable=False),
    Column("key_type", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("account", "region", "name"),
)

snapshots = _table(
    "snapshots",
    Column("id", String, primary_key=True),
    *_scope(),
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
    Index("snapshots_scope", "account", "region"),
)

images = _table(
    "images",
    Column("id", String, primary_key=True),
    *_scope(),
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
    Index("images_scope", "account", "region", "name"),
)

image_devices = _table(
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
)

instances = _table(
    "instances",
    Column("id", String, primary_key=True),
    *_scope(),
    Column("reservation_id", String, nullable=False),
    Column("requester", String, nullable=False),
    Column("launch_index", Integer, nullable=False),
    Column("image_id", String, nullable=False),
    Column("instance_type", String, nullable=False),
    Column("architecture", String, nullable=False),
    Column("state", Word(InstanceState), nullable=False, index=True),
    Column("zone", String, nullable=False),
    Column("vpc_id", String, nullable=False),
    Column("subnet_id", String, nullable=False, index=True),
    Column("private_ip", String, nullable=False),
    Column("public_ip", String, unique=True),
    Column("associate_public_ip", Boolean, nullable=False),
    Column("mac", String, nullable=False),
    Column("interface_id", String, nullable=False),
    Column("interface_attachment_id", String, nullable=False),
    Column("key_name", String),
    Column("public_key", Text),
    Column("root_device_name", String, nullable=False),
    Column("boot_mode", String),
    Column("nvme_only", Boolean, nullable=False, server_default=true()),
    Column("launch_time", Moment, nullable=False),
    Column("first_launch_time", Moment, nullable=False),
    Column("guest_uuid", String, nullable=False),
    Column("user_data", Text),
    Column("client_token", String, nullable=False),
    Column("disable_api_stop", Boolean, nullable=False),
    Column("disable_api_termination", Boolean, nullable=False),
    Column("shutdown_behavior", Word(ShutdownBehavior), nullable=False),
    Column("source_dest_check", Boolean, nullable=False),
    Column("ebs_optimized", Boolean, nullable=False),
    Column("monitoring", Boolean, nullable=False),
    Column("metadata_endpoint", Boolean, nullable=False),
    Column("metadata_tokens_required", Boolean, nullable=False),
    Column("metadata_hop_limit", Integer, nullable=False),
    Column("metadata_tags", Boolean, nullable=False),
    Column("options", JSON, nullable=False),
    Column("state_transition_reason", String, nullable=False),
    Column("state_reason_code", String),
    Column("state_reason_message", Text),
    Column("reachability", Word(Reachability), nullable=False),
    Column("impaired_since", Moment),
    Column("terminated_at", Moment),
    Column("claimed_by", String),
    Column("version", Integer, nullable=False),
    Index("instances_scope", "account", "region"),
)

instance_groups = _table(
    "instance_groups",
    Column("instance_id", ForeignKey("instances.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("group_id", ForeignKey("security_groups.id"), nullable=False, index=True),
)

volumes = _table(
    "volumes",
    Column("id", String, primary_key=True),
    *_scope(),
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
    Index("volumes_scope", "account", "region"),
)

attachments = _table(
    "attachments",
    Column("volume_id", ForeignKey("volumes.id", ondelete="CASCADE"), primary_key=True),
    Column("instance_id", ForeignKey("instances.id"), nullable=False, index=True),
    Column("device", String, nullable=False),
    Column("state", Word(AttachmentState), nullable=False),
    Column("attached_at", Moment, nullable=False),
    Column("delete_on_termination", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
)

volume_modifications = _table(
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
    Column("ended_at", Moment),
    Column("status_message", Text),
)

permissions = _table(
    "permissions",
    Column("resource_id", String, primary_key=True),
    Column("grantee", String, primary_key=True),
)

replace_root_tasks = _table(
    "replace_root_tasks",
    Column("id", String, primary_key=True),
    *_scope(),
    Column("instance_id", String, nullable=False),
    Column("state", Word(ReplaceRootState), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("delete_replaced", Boolean, nullable=False),
    Column("new_volume_id", String, nullable=False),
    Column("old_volume_id", String, nullable=False),
    Column("image_id", String),
    Column("snapshot_id", String),
    Column("completed_at", Moment),
    Index("replace_root_tasks_scope", "account", "region"),
)

import_tasks = _table(
    "import_tasks",
    Column("id", String, primary_key=True),
    *_scope(),
    Column("snapshot_id", String, nullable=False),
    Column("source", Text, nullable=False),
    Column("format", String, nullable=False),
    Column("description", String, nullable=False),
    Column("state", Word(ImportState), nullable=False),
    Column("progress", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("status_message", Text, nullable=False),
    Index("import_tasks_scope", "account", "region"),
)

tags = _table(
    "tags",
    *_scope(),
    Column("resource_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("resource_type", String, nullable=False),
    Column("value", String, nullable=False),
    Index("tags_scope", "account", "region", "resource_type"),
)

client_tokens = _table(
    "client_tokens",
    *(Column(name, String, primary_key=True) for name in ("account", "region", "action", "value")),
    Column("fingerprint", String, nullable=False),
    Column("output", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
)

boots = _table(
    "boots",
    Column("id", String, primary_key=True),
    Column("instance_id", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("cause", Word(Cause), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("action", String),
    Column("request_id", String),
    Column("kernel_started_at", Moment),
    Column("reachable_at", Moment),
    Column("end_cause", Word(Cause)),
    Column("end_action", String),
    Column("end_request_id", String),
    Column("end_requested_at", Moment),
    Column("at_rest_at", Moment),
    Column("end_clean", Boolean),
    Column("ended_at", Moment),
    Column("cut_seconds", Float),
    UniqueConstraint("instance_id", "number"),
)

workflows = _table(
    "workflows",
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("subject", String),
    Column("arguments", JSON, nullable=False),
    Column("state", Word(WorkflowState), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("action", String),
    Column("request_id", String),
    Column("error", Text),
    Column("finished_at", Moment),
    Index("workflows_subject", "subject", "sequence"),
)

steps = _table(
    "steps",
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("result", JSON),
    Column("error", Text),
    Column("finished_at", Moment, nullable=False),
)
