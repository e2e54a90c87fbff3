"""IPv6 addresses and timeouts of network interfaces, secondary addresses of NAT gateways, reservations in subnets."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ipv6_addresses",
        sa.Column("subnet_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("interface_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["subnet_id"], ["subnets.id"]),
        sa.ForeignKeyConstraint(["interface_id"], ["network_interfaces.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subnet_id", "address"),
    )
    op.create_index("ix_ipv6_addresses_interface_id", "ipv6_addresses", ["interface_id"])
    op.create_table(
        "subnet_reservations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("subnet_id", sa.String(), nullable=False),
        sa.Column("cidr", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["subnet_id"], ["subnets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("subnet_reservations_scope", "subnet_reservations", ["account", "region"])
    op.create_index("ix_subnet_reservations_subnet_id", "subnet_reservations", ["subnet_id"])
    op.create_table(
        "nat_gateway_addresses",
        sa.Column("nat_gateway_id", sa.String(), nullable=False),
        sa.Column("private_ip", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("allocation_id", sa.String(), nullable=True),
        sa.Column("public_ip", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["nat_gateway_id"], ["nat_gateways.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("nat_gateway_id", "private_ip"),
    )
    for timeout in ("tcp_established_timeout", "udp_stream_timeout", "udp_timeout"):
        op.add_column("network_interfaces", sa.Column(timeout, sa.Integer(), nullable=True))
