"""The table of Spot requests."""

from sqlalchemy import JSON, Boolean, Column, Index, String

from kumoniwa.model.spot_requests import Interruption, SpotType
from kumoniwa.store.tables.columns import Moment, Word, index_of_some, scope_columns, table

spot_requests = table(
    "spot_requests",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("created_at", Moment, nullable=False, index=True),
    Column("type", Word(SpotType), nullable=False),
    Column("instance_id", String, nullable=False, index=True),  # no reference: a request outlives its instance
    Column("zone", String, nullable=False),
    Column("max_price", String),
    Column("interruption", Word(Interruption), nullable=False),
    Column("valid_until", Moment),
    Column("launch_group", String),
    Column("specification", JSON, nullable=False),
    Column("cancelled_at", Moment),
    Column("interrupt_at", Moment),
    Column("interrupted", Boolean, nullable=False),
    Index("spot_requests_scope", "account", "region"),
    index_of_some("spot_requests_noticed", "interrupt_at", "id", where="interrupt_at IS NOT NULL"),
)
