"""VPCs in full: route tables, gateways, network ACLs, DHCP options, Elastic IPs, peering connections, prefix lists.

A VPC that is there gets what EC2 gives to a default one: a main route table with a route to an internet gateway, a
network ACL that admits everything, and DHCP options.
"""

import json
import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SCOPE = ["account", "region"]


def upgrade() -> None:
    _make_tables()
    _add_columns()
    connection = op.get_bind()
    for vpc in connection.execute(sa.text("SELECT id, account, region, dhcp_options_id FROM vpcs")).mappings().all():
        _complete(connection, **vpc)


def _whose() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
    )


def _make_tables() -> None:
    op.create_table(
        "dhcp_options", *_whose(), sa.Column("options", sa.JSON(), nullable=False), sa.PrimaryKeyConstraint("id")
    )
    op.create_index("dhcp_options_scope", "dhcp_options", _SCOPE)
    op.create_table(
        "nat_gateways",
        *_whose(),
        sa.Column("vpc_id", sa.String(), nullable=False),
        sa.Column("subnet_id", sa.String(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("interface_id", sa.String(), nullable=True),
        sa.Column("private_ip", sa.String(), nullable=False),
        sa.Column("allocation_id", sa.String(), nullable=True),
        sa.Column("public_ip", sa.String(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_nat_gateways_deleted_at", "nat_gateways", ["deleted_at"])
    op.create_index("ix_nat_gateways_subnet_id", "nat_gateways", ["subnet_id"])
    op.create_index("ix_nat_gateways_vpc_id", "nat_gateways", ["vpc_id"])
    op.create_index("nat_gateways_scope", "nat_gateways", _SCOPE)
    op.create_table(
        "peerings",
        *_whose(),
        sa.Column("requester_vpc_id", sa.String(), nullable=False),
        sa.Column("accepter_account", sa.String(), nullable=False),
        sa.Column("accepter_region", sa.String(), nullable=False),
        sa.Column("accepter_vpc_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("requester_resolves", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("accepter_resolves", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_peerings_accepter_vpc_id", "peerings", ["accepter_vpc_id"])
    op.create_index("ix_peerings_ended_at", "peerings", ["ended_at"])
    op.create_index("ix_peerings_requester_vpc_id", "peerings", ["requester_vpc_id"])
    op.create_index("peerings_accepter", "peerings", ["accepter_account", "accepter_region"])
    op.create_index("peerings_scope", "peerings", _SCOPE)
    op.create_table(
        "prefix_lists",
        *_whose(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ipv6", sa.Boolean(), nullable=False),
        sa.Column("most_entries", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("prefix_lists_scope", "prefix_lists", _SCOPE)
    op.create_table(
        "egress_only_gateways",
        *_whose(),
        sa.Column("vpc_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["vpc_id"], ["vpcs.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("egress_only_gateways_scope", "egress_only_gateways", _SCOPE)
    op.create_index("ix_egress_only_gateways_vpc_id", "egress_only_gateways", ["vpc_id"])
    op.create_table(
        "internet_gateways",
        *_whose(),
        sa.Column("vpc_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["vpc_id"], ["vpcs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("vpc_id"),
    )
    op.create_index("internet_gateways_scope", "internet_gateways", _SCOPE)
    op.create_table(
        "network_acls",
        *_whose(),
        sa.Column("vpc_id", sa.String(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["vpc_id"], ["vpcs.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_network_acls_vpc_id", "network_acls", ["vpc_id"])
    op.create_index("network_acls_scope", "network_acls", _SCOPE)
    op.create_table(
        "prefix_list_entries",
        sa.Column("prefix_list_id", sa.String(), nullable=False),
        sa.Column("cidr", sa.String(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["prefix_list_id"], ["prefix_lists.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("prefix_list_id", "cidr", "since"),
    )
    op.create_table(
        "route_tables",
        *_whose(),
        sa.Column("vpc_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["vpc_id"], ["vpcs.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_route_tables_vpc_id", "route_tables", ["vpc_id"])
    op.create_index("route_tables_scope", "route_tables", _SCOPE)
    op.create_table(
        "vpc_blocks",
        *_whose(),
        sa.Column("vpc_id", sa.String(), nullable=False),
        sa.Column("cidr", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["vpc_id"], ["vpcs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_vpc_blocks_vpc_id", "vpc_blocks", ["vpc_id"])
    op.create_index("vpc_blocks_scope", "vpc_blocks", _SCOPE)
    op.create_table(
        "acl_entries",
        sa.Column("acl_id", sa.String(), nullable=False),
        sa.Column("egress", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("allow", sa.Boolean(), nullable=False),
        sa.Column("cidr_ipv4", sa.String(), nullable=True),
        sa.Column("cidr_ipv6", sa.String(), nullable=True),
        sa.Column("from_port", sa.Integer(), nullable=True),
        sa.Column("to_port", sa.Integer(), nullable=True),
        sa.Column("icmp_type", sa.Integer(), nullable=True),
        sa.Column("icmp_code", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["acl_id"], ["network_acls.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("acl_id", "egress", "number"),
    )
    op.create_table(
        "route_table_associations",
        *_whose(),
        sa.Column("vpc_id", sa.String(), nullable=False),
        sa.Column("route_table_id", sa.String(), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("subnet_id", sa.String(), nullable=True),
        sa.Column("gateway_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["route_table_id"], ["route_tables.id"]),
        sa.ForeignKeyConstraint(["subnet_id"], ["subnets.id"]),
        sa.ForeignKeyConstraint(["vpc_id"], ["vpcs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("gateway_id"),
        sa.UniqueConstraint("subnet_id"),
    )
    op.create_index("ix_route_table_associations_route_table_id", "route_table_associations", ["route_table_id"])
    op.create_index("ix_route_table_associations_vpc_id", "route_table_associations", ["vpc_id"])
    op.create_index("route_table_associations_scope", "route_table_associations", _SCOPE)
    op.create_table(
        "routes",
        sa.Column("route_table_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["route_table_id"], ["route_tables.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("route_table_id", "destination"),
    )
    op.create_index("ix_routes_target_id", "routes", ["target_id"])
    op.create_table(
        "elastic_ips",
        *_whose(),
        sa.Column("public_ip", sa.String(), nullable=False),
        sa.Column("association_id", sa.String(), nullable=True),
        sa.Column("interface_id", sa.String(), nullable=True),
        sa.Column("private_ip", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["interface_id"], ["network_interfaces.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("association_id"),
        sa.UniqueConstraint("public_ip"),
    )
    op.create_index("elastic_ips_scope", "elastic_ips", _SCOPE)
    op.create_index("ix_elastic_ips_interface_id", "elastic_ips", ["interface_id"])
    op.create_table(
        "secondary_addresses",
        sa.Column("subnet_id", sa.String(), nullable=False),
        sa.Column("private_ip", sa.String(), nullable=False),
        sa.Column("interface_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["interface_id"], ["network_interfaces.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subnet_id"], ["subnets.id"]),
        sa.PrimaryKeyConstraint("subnet_id", "private_ip"),
    )
    op.create_index("ix_secondary_addresses_interface_id", "secondary_addresses", ["interface_id"])


def _add_columns() -> None:
    state = sa.Column("attachment_state", sa.String(), server_default="attached", nullable=False)
    op.add_column("network_interfaces", state)
    op.create_index("network_interfaces_attachment", "network_interfaces", ["attachment_id"])
    op.add_column("network_interfaces", sa.Column("kind", sa.String(), server_default="interface", nullable=False))
    op.add_column("subnets", sa.Column("acl_id", sa.String(), server_default="", nullable=False))
    op.add_column("subnets", sa.Column("acl_association_id", sa.String(), server_default="", nullable=False))
    op.add_column("subnets", sa.Column("ipv6_cidr", sa.String(), nullable=True))
    op.add_column("subnets", sa.Column("ipv6_association_id", sa.String(), nullable=True))
    op.add_column("subnets", sa.Column("assign_ipv6", sa.Boolean(), server_default=sa.text("0"), nullable=False))
    op.add_column("subnets", sa.Column("dns64", sa.Boolean(), server_default=sa.text("0"), nullable=False))
    op.add_column("subnets", sa.Column("hostname_type", sa.String(), server_default="ip-name", nullable=False))
    op.add_column("subnets", sa.Column("resource_name_a", sa.Boolean(), server_default=sa.text("0"), nullable=False))
    op.add_column("subnets", sa.Column("resource_name_aaaa", sa.Boolean(), server_default=sa.text("0"), nullable=False))
    op.create_index("ix_subnets_acl_association_id", "subnets", ["acl_association_id"])
    op.create_index("ix_subnets_acl_id", "subnets", ["acl_id"])
    op.create_index("ix_subnets_vpc_id", "subnets", ["vpc_id"])
    op.add_column("vpcs", sa.Column("dns_support", sa.Boolean(), server_default=sa.text("1"), nullable=False))
    op.add_column("vpcs", sa.Column("dns_hostnames", sa.Boolean(), server_default=sa.text("1"), nullable=False))
    op.add_column("vpcs", sa.Column("usage_metrics", sa.Boolean(), server_default=sa.text("0"), nullable=False))
    op.add_column("vpcs", sa.Column("tenancy", sa.String(), server_default="default", nullable=False))
    op.create_index("vpcs_dhcp_options", "vpcs", ["dhcp_options_id"])


def _complete(connection: sa.Connection, id: str, account: str, region: str, dhcp_options_id: str) -> None:
    def add(table: str, **columns: Any) -> None:
        names = ", ".join(columns)
        values = ", ".join(f":{name}" for name in columns)
        connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({values})"), columns)

    whose = {"account": account, "region": region}
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    options = {"domain-name": [domain], "domain-name-servers": ["AmazonProvidedDNS"]}
    add("dhcp_options", id=dhcp_options_id, **whose, options=json.dumps(options))
    add("facts", name=f"default DHCP options: {account} {region}", value=json.dumps(dhcp_options_id))
    gateway, table, acl = _id("igw"), _id("rtb"), _id("acl")
    add("internet_gateways", id=gateway, **whose, vpc_id=id)
    add("route_tables", id=table, **whose, vpc_id=id)
    add("route_table_associations", id=_id("rtbassoc"), **whose, vpc_id=id, route_table_id=table, main=True)
    add("routes", route_table_id=table, destination="0.0.0.0/0", target="internet-gateway", target_id=gateway)
    add("network_acls", id=acl, **whose, vpc_id=id, is_default=True)
    for egress in (False, True):
        add("acl_entries", acl_id=acl, egress=egress, number=100, protocol="-1", allow=True, cidr_ipv4="0.0.0.0/0")
    subnets = connection.execute(sa.text("SELECT id FROM subnets WHERE vpc_id = :vpc"), {"vpc": id}).scalars().all()
    for subnet in subnets:
        connection.execute(
            sa.text("UPDATE subnets SET acl_id = :acl, acl_association_id = :association WHERE id = :subnet"),
            {"acl": acl, "association": _id("aclassoc"), "subnet": subnet},
        )


def _id(prefix: str) -> str:
    return f"{prefix}-0{secrets.token_hex(8)}"
