"""Tables of network interfaces, of their further addresses, IPv6 ones too, and of their security groups."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)

from kumoniwa.model.network_interfaces import InterfaceAttachment
from kumoniwa.store.tables.columns import Moment, Word, scope_columns, table

network_interfaces = table(
    "network_interfaces",
    Column("id", String, primary_key=True),
    *scope_columns(),
    Column("vpc_id", ForeignKey("vpcs.id"), nullable=False),
    Column("subnet_id", ForeignKey("subnets.id"), nullable=False),
    Column("mac", String, nullable=False),
    Column("private_ip", String, nullable=False),
    Column("description", String, nullable=False),
    Column("source_dest_check", Boolean, nullable=False),
    Column("instance_id", ForeignKey("instances.id")),
    Column("attachment_id", String),
    Column("device_index", Integer),
    Column("attached_at", Moment),
    Column("delete_on_termination", Boolean, nullable=False),
    Column("attachment_state", Word(InterfaceAttachment), nullable=False, server_default="attached"),
    Column("kind", String, nullable=False, server_default="interface"),
    Column("tcp_established_timeout", Integer),
    Column("udp_stream_timeout", Integer),
    Column("udp_timeout", Integer),
    Column("requester_id", String),
    UniqueConstraint("subnet_id", "private_ip"),
    UniqueConstraint("instance_id", "device_index"),
    Index("network_interfaces_attachment", "attachment_id"),
    Index("network_interfaces_order", "account", "region", "id"),  # as they are listed
    Index("network_interfaces_address", "account", "region", "private_ip"),
)

secondary_addresses = table(
    "secondary_addresses",
    Column("subnet_id", ForeignKey("subnets.id"), primary_key=True),
    Column("private_ip", String, primary_key=True),
    Column("interface_id", ForeignKey("network_interfaces.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Index("secondary_addresses_address", "private_ip"),
)

ipv6_addresses = table(
    "ipv6_addresses",
    Column("subnet_id", ForeignKey("subnets.id"), primary_key=True),
    Column("address", String, primary_key=True),
    Column("interface_id", ForeignKey("network_interfaces.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("is_primary", Boolean, nullable=False),
)

interface_groups = table(
    "interface_groups",
    Column("interface_id", ForeignKey("network_interfaces.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("group_id", ForeignKey("security_groups.id"), nullable=False, index=True),
)
