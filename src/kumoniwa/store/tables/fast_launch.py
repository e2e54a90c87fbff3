"""Tables of fast launch."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Text

from kumoniwa.model.fast_launch import FastLaunchState, MachineState
from kumoniwa.store.tables.columns import Moment, Word, scope_columns, table

fast_launches = table(
    "fast_launches",
    Column("image_id", ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    *scope_columns(),
    Column("state", Word(FastLaunchState), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("target_count", Integer, nullable=False),
    Column("max_parallel", Integer, nullable=False),
    Column("launch_template", JSON),
    Index("fast_launches_scope", "account", "region"),
)

prepared_machines = table(
    "prepared_machines",
    Column("id", String, primary_key=True),
    Column("image_id", String, nullable=False),  # no reference: what is left of it goes after the image
    Column("vcpus", Integer, nullable=False),
    Column("memory_mib", Integer, nullable=False),
    Column("state", Word(MachineState), nullable=False, index=True),
    Column("layer_id", ForeignKey("layers.id"), index=True),
    Column("created_at", Moment, nullable=False),
    Column("ready_at", Moment),
    Column("reason", Text),
    Index("prepared_machines_size", "image_id", "vcpus", "memory_mib"),
)
