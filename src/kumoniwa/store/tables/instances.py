"""Tables of instances and of what happens to them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import InstanceState, Reachability, ShutdownBehavior
from kumoniwa.model.replace_root_tasks import ReplaceRootState
from kumoniwa.store.tables.columns import Moment, Word, scope_columns, table

instances = table(
    "instances",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("reservation_id", String, nullable=False),
    Column("requester", String, nullable=False),
    Column("launch_index", Integer, nullable=False),
    Column("image_id", String, nullable=False),
    Column("instance_type", String, nullable=False),
    Column("architecture", String, nullable=False),
    Column("state", Word(InstanceState), nullable=False),
    Column("zone", String, nullable=False),
    Column("public_ip", String, unique=True),
    Column("associate_public_ip", Boolean, nullable=False),
    Column("key_name", String),
    Column("public_key", Text),
    Column("root_device_name", String, nullable=False),
    Column("boot_mode", String),
    Column("nvme_only", Boolean, nullable=False, server_default=true()),
    Column("virtio_only", Boolean, nullable=False, server_default=false()),
    Column("prepared_on", String),
    Column("launch_time", Moment, nullable=False),
    Column("first_launch_time", Moment, nullable=False),
    Column("guest_uuid", String, nullable=False),
    Column("user_data", Text),
    Column("client_token", String, nullable=False),
    Column("disable_api_stop", Boolean, nullable=False),
    Column("disable_api_termination", Boolean, nullable=False),
    Column("shutdown_behavior", Word(ShutdownBehavior), nullable=False),
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
    Column("version", Integer, nullable=False),
    Index(
        "instances_order", "account", "region", "first_launch_time", "reservation_id", "launch_index", "id"
    ),  # as they are listed
    Index("instances_image", "image_id"),
    Index("instances_state", "state", "reachability"),
)

replace_root_tasks = table(
    "replace_root_tasks",
    Column("id", String, primary_key=True),
    *scope_columns(),
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
    Index("replace_root_tasks_instance", "instance_id", "started_at"),
    Index("replace_root_tasks_age", "started_at"),
)

boots = table(
    "boots",
    Column("id", String, primary_key=True),
    Column("instance_id", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("cause", Word(Cause), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("action", String),
    Column("request_id", String),
    Column("principal", String),
    Column("called_at", Moment),
    Column("kernel_started_at", Moment),
    Column("reachable_at", Moment),
    Column("end_cause", Word(Cause)),
    Column("end_action", String),
    Column("end_request_id", String),
    Column("end_principal", String),
    Column("end_called_at", Moment),
    Column("end_requested_at", Moment),
    Column("at_rest_at", Moment),
    Column("end_clean", Boolean),
    Column("ended_at", Moment),
    Column("cut_seconds", Float),
    Column("from_memory", Boolean, nullable=False, server_default=false()),
    Column("cold_because", Text),
    UniqueConstraint("instance_id", "number"),
    Index("boots_started", "started_at"),
    Index(
        "boots_of_many", "instance_id", "number", sqlite_where=text("number > 100")
    ),  # those of whom some are forgotten
)

hibernations = table(
    "hibernations",
    Column("id", String, primary_key=True),
    Column("instance_id", String, nullable=False),
    Column("boot_id", String, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("request_id", String),
    Column("principal", String),
    Column("key", LargeBinary),
    Column("suspended_at", Moment),
    Column("size_bytes", BigInteger),
    Column("resumed_at", Moment),
    Column("resume_request_id", String),
    Column("resume_principal", String),
    Column("ended_at", Moment),
    Column("because", Text),
    Index("hibernations_instance", "instance_id", "asked_at"),
    Index("hibernations_age", "asked_at"),
)

instance_moves = table(
    "instance_moves",
    Column("instance_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", Word(InstanceState), nullable=False),
    Column("at", Moment, nullable=False),
    Index("instance_moves_at", "at"),
)
