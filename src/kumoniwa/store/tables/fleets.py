"""Tables of EC2 Fleets."""

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, String

from kumoniwa.store.tables.columns import Moment, scope_columns, table

fleets = table(
    "fleets",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("created_at", Moment, nullable=False, index=True),
    Column("client_token", String, nullable=False),
    Column("fulfilled", Float, nullable=False),
    Column("asked", JSON, nullable=False),
    Column("launched", JSON, nullable=False),
    Column("errors", JSON, nullable=False),
    Column("deleted_at", Moment),
    Index("fleets_scope", "account", "region"),
)

fleet_instances = table(
    "fleet_instances",
    Column("instance_id", ForeignKey("instances.id", ondelete="CASCADE"), primary_key=True),
    Column("fleet_id", ForeignKey("fleets.id", ondelete="CASCADE"), nullable=False, index=True),
)
