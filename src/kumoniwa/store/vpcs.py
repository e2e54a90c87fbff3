"""VPCs, their blocks of addresses and their subnets in the database."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.scope import Scope
from kumoniwa.model.vpcs import Subnet, Vpc, VpcBlock
from kumoniwa.store import facts, rows
from kumoniwa.store.prepared import Prepared, unindexed
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.vpcs import subnets, vpc_blocks, vpcs


def add(connection: Connection, vpc: Vpc) -> None:
    """Write a new VPC."""
    insert(connection, vpcs, vpc)


def change(connection: Connection, vpc_id: str, **columns: Any) -> None:
    """Change columns of a VPC."""
    rows.change(connection, vpcs, vpc_id, columns)


_DELETED = Prepared(delete(vpcs).where(vpcs.c.id == bindparam("id")))


def remove(connection: Connection, vpc_id: str) -> None:
    """Delete a VPC and its blocks of addresses. The caller knows that nothing refers to it."""
    _DELETED.run(connection, id=vpc_id)


def add_subnets(connection: Connection, *new: Subnet) -> None:
    """Write new subnets."""
    insert(connection, subnets, *new)


def change_subnet(connection: Connection, subnet_id: str, **columns: Any) -> None:
    """Change columns of a subnet."""
    rows.change(connection, subnets, subnet_id, columns)


_SUBNET_DELETED = Prepared(delete(subnets).where(subnets.c.id == bindparam("id")))


def remove_subnet(connection: Connection, subnet_id: str) -> None:
    """Delete a subnet. The caller knows that nothing refers to it."""
    _SUBNET_DELETED.run(connection, id=subnet_id)


def add_block(connection: Connection, block: VpcBlock) -> None:
    """Write a further block of addresses of a VPC."""
    insert(connection, vpc_blocks, block)


_BLOCK_DELETED = Prepared(delete(vpc_blocks).where(vpc_blocks.c.id == bindparam("id")))


def remove_block(connection: Connection, association_id: str) -> None:
    """Delete a further block of addresses of a VPC."""
    _BLOCK_DELETED.run(connection, id=association_id)


_DEFAULT = Prepared(
    select(vpcs).where(vpcs.c.account == bindparam("account"), vpcs.c.region == bindparam("region"), vpcs.c.is_default),
    kept=True,
)
_VPCS_IN = InScope(Vpc, vpcs, kept=True)
_BLOCKS_IN = InScope(VpcBlock, vpc_blocks, vpc_blocks.c.id)
_SUBNETS_IN = InScope(Subnet, subnets, subnets.c.zone, subnets.c.id, kept=True)


def default(connection: Connection, scope: Scope) -> Vpc | None:
    """The default VPC of an account in a region, if it was made."""
    return _DEFAULT.value(Vpc, connection, account=scope.account, region=scope.region)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Vpc]:
    """The VPCs of an account in a region; only these, where `ids` are given."""
    return _VPCS_IN.of(connection, scope, ids)


def subnets_in(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Subnet]:
    """The subnets of an account in a region, by zone; only these, where `ids` are given."""
    return _SUBNETS_IN.of(connection, scope, ids)


_DEFAULT_SUBNET = Prepared(
    select(subnets).where(
        subnets.c.account == bindparam("account"),
        subnets.c.region == bindparam("region"),
        subnets.c.zone == bindparam("zone"),
        subnets.c.default_for_az,
    )
)


def default_subnet(connection: Connection, scope: Scope, zone: str) -> Subnet | None:
    """The default subnet of a zone."""
    return _DEFAULT_SUBNET.value(Subnet, connection, account=scope.account, region=scope.region, zone=zone)


_BLOCKS_OF = Prepared(select(vpc_blocks).where(vpc_blocks.c.vpc_id == bindparam("vpc")).order_by(vpc_blocks.c.id))


def blocks_in(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[VpcBlock]:
    """The further blocks of all VPCs of an account in a region; only these associations, where `ids` are given."""
    return _BLOCKS_IN.of(connection, scope, ids)


def blocks_of(connection: Connection, vpc_id: str) -> list[VpcBlock]:
    """The further blocks of a VPC, IPv4 and IPv6."""
    return _BLOCKS_OF.values(VpcBlock, connection, vpc=vpc_id)


_SUBNETS_OF = Prepared(select(subnets).where(subnets.c.vpc_id == bindparam("vpc")).order_by(subnets.c.id), kept=True)


def subnets_of(connection: Connection, vpc_id: str) -> list[Subnet]:
    """The subnets of a VPC."""
    return _SUBNETS_OF.values(Subnet, connection, vpc=vpc_id)


_OF_PRIMARY_BLOCK = Prepared(
    select(vpcs).where(
        vpcs.c.account == bindparam("account"),
        vpcs.c.region == bindparam("region"),
        vpcs.c.cidr_association_id == bindparam("association"),
    )
)


def with_primary_block(connection: Connection, scope: Scope, association_id: str) -> Vpc | None:
    """The VPC whose first block has this association, if any has."""
    return _OF_PRIMARY_BLOCK.value(
        Vpc, connection, account=scope.account, region=scope.region, association=association_id
    )


_OF_IPV6_BLOCK = Prepared(
    select(subnets).where(
        subnets.c.account == bindparam("account"),
        subnets.c.region == bindparam("region"),
        subnets.c.ipv6_association_id == bindparam("association"),
    )
)


def subnet_with_ipv6_block(connection: Connection, scope: Scope, association_id: str) -> Subnet | None:
    """The subnet whose IPv6 block has this association, if any has."""
    return _OF_IPV6_BLOCK.value(
        Subnet, connection, account=scope.account, region=scope.region, association=association_id
    )


_OF_ACL_ASSOCIATION = Prepared(select(subnets).where(subnets.c.acl_association_id == bindparam("association")))


def subnet_with_acl_association(connection: Connection, scope: Scope, association_id: str) -> Subnet | None:
    """The subnet whose association with its network ACL this is, if any is in this scope."""
    found = _OF_ACL_ASSOCIATION.value(Subnet, connection, association=association_id)
    return found if found is not None and Scope.of(found) == scope else None


_USING_OPTIONS = Prepared(
    select(vpcs.c.id).where(
        vpcs.c.dhcp_options_id == bindparam("options"),
        unindexed(vpcs.c.account) == bindparam("account"),
        unindexed(vpcs.c.region) == bindparam("region"),
    )
)


def using_options(connection: Connection, scope: Scope, dhcp_options_id: str) -> list[str]:
    """The ids of the VPCs that have these DHCP options."""
    given = {"account": scope.account, "region": scope.region, "options": dhcp_options_id}
    found: list[str] = _USING_OPTIONS.scalars(connection, **given)
    return found


def had_default(connection: Connection, scope: Scope) -> bool:
    """Whether an account deleted its default VPC in a region: then it is not made again by itself."""
    return bool(facts.get(connection, _deleted(scope)))


def note_default_deleted(connection: Connection, scope: Scope) -> None:
    """Remember that an account deleted its default VPC in a region."""
    facts.change(connection, _deleted(scope), True)


def _deleted(scope: Scope) -> str:
    return f"default VPC deleted: {scope.account} {scope.region}"
