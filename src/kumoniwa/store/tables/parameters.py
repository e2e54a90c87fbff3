"""Tables of the parameters of Systems Manager."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Text,
)

from kumoniwa.model.parameters import ParameterType
from kumoniwa.store.tables.columns import Moment, Word, index_of_some, table

parameters = table(
    "parameters",  # a row for each version
    *(Column(name, String, primary_key=True) for name in ("account", "region", "name")),
    Column("version", Integer, primary_key=True),
    Column("is_latest", Boolean, nullable=False),
    Column("type", Word(ParameterType), nullable=False),
    Column("value", Text, nullable=False),
    Column("data_type", String, nullable=False),
    Column("tier", String, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Column("modified_by", String, nullable=False),
    Column("description", Text),
    Column("key_id", String),
    Column("labels", JSON, nullable=False),
    Index("parameters_latest", "account", "region", "is_latest", "name"),
    index_of_some("parameters_sealed", "key_id", "name", where="key_id IS NOT NULL"),
)

parameter_tags = table(
    "parameter_tags",
    *(Column(name, String, primary_key=True) for name in ("account", "region", "name", "key")),
    Column("value", String, nullable=False),
)
