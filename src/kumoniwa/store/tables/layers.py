"""The table of layers."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    String,
    false,
    true,
)

from kumoniwa.store.tables.columns import Moment, table

layers = table(
    "layers",
    Column("id", String, primary_key=True),
    Column("parent_id", ForeignKey("layers.id"), index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("sealed_bytes", BigInteger),
    Column("sealed_sha256", String),
    Column("made", Boolean, nullable=False, server_default=true()),
    Column("encrypted", Boolean, nullable=False, server_default=false()),
    Column("is_copy", Boolean, nullable=False, server_default=false()),
)
