"""Tables of what VPCs have besides: DHCP options, peering connections, prefix lists."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Text, false

from kumoniwa.model.peerings import PeeringState
from kumoniwa.model.prefix_lists import PrefixListState
from kumoniwa.store.tables.columns import Moment, Word, scope_columns, table

dhcp_options = table(
    "dhcp_options",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("options", JSON, nullable=False),
    Index("dhcp_options_scope", "account", "region"),
)

peerings = table(
    "peerings",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("requester_vpc_id", String, nullable=False, index=True),  # no references: they are shown after VPCs are gone
    Column("accepter_account", String, nullable=False),
    Column("accepter_region", String, nullable=False),
    Column("accepter_vpc_id", String, nullable=False, index=True),
    Column("state", Word(PeeringState), nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("ended_at", Moment, index=True),
    Column("requester_resolves", Boolean, nullable=False, server_default=false()),
    Column("accepter_resolves", Boolean, nullable=False, server_default=false()),
    Index("peerings_scope", "account", "region"),
    Index("peerings_accepter", "accepter_account", "accepter_region"),
)

prefix_lists = table(
    "prefix_lists",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("name", String, nullable=False),
    Column("ipv6", Boolean, nullable=False),
    Column("most_entries", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Word(PrefixListState), nullable=False, server_default=PrefixListState.CREATED),
    Column("state_message", Text),
    Index("prefix_lists_scope", "account", "region"),
)

prefix_list_entries = table(
    "prefix_list_entries",
    Column("prefix_list_id", ForeignKey("prefix_lists.id", ondelete="CASCADE"), primary_key=True),
    Column("cidr", String, primary_key=True),
    Column("since", Integer, primary_key=True),
    Column("description", String),
    Column("until", Integer),
)
