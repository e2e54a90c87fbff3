"""What must hold whatever died when."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select
from stack import Stack

from kumoniwa.model.fast_launch import MachineState, PreparedMachine
from kumoniwa.model.layers import Layer
from kumoniwa.store import all_tables as tables
from kumoniwa.store import fast_launch, layers
from kumoniwa.store.all_tables import metadata
from kumoniwa.store.tables.sharing import permissions
from kumoniwa.store.tables.tags import tags
from kumoniwa.store.tables.workflows import workflows


async def whole(stack: Stack) -> None:
    """No claim, nothing unfinished, nothing that nothing refers to, files and rows alike, no broken disk."""

    def read(connection: Connection) -> tuple[list[Any], list[Any], list[str], list[str]]:
        return (
            list(connection.execute(select(tables.claims))),
            list(connection.execute(select(workflows.c.id).where(workflows.c.finished_at.is_(None)))),
            sorted(set(_of_nothing(connection))),
            sorted(_broken_networks(connection)),
        )

    cloud = stack.running.cloud
    claims, unfinished, of_nothing, broken_networks = await cloud.read(read)
    assert claims == []
    assert unfinished == []
    assert of_nothing == [], f"tags and permissions go with what they are of: {of_nothing}"
    assert broken_networks == []
    known: dict[str, Layer] = await cloud.read(layers.every)
    files = await stack.driver.disks.all_layers()
    assert files <= known.keys()
    assert {layer.id for layer in known.values() if layer.made} <= files, "only what was never used may have no file"
    assert await cloud.world.collector.collect() == 0, "layers that nothing refers to were left"
    machines = {one.id: one.state for one in await cloud.read(_machines)}
    assert MachineState.PREPARING not in machines.values()
    assert stack.driver.world.preparing == {}
    assert await stack.driver.all_prepared() <= machines.keys(), "what is prepared has a row"
    assert stack.driver.world.layers.broken == []


def _machines(connection: Connection) -> list[PreparedMachine]:
    return [one for state in MachineState for one in fast_launch.machines_in(connection, state)]


def _of_nothing(connection: Connection) -> Iterable[str]:
    """Ids of what is not there and has tags or permissions."""
    there = {
        found
        for table in metadata.tables.values()
        if "id" in table.c
        for found in connection.scalars(select(table.c.id))
    }
    for table in (tags, permissions):
        yield from set(connection.scalars(select(table.c.resource_id))) - there


def _broken_networks(connection: Connection) -> Iterable[str]:
    """What VPCs lack of what every VPC has, and what refers to another VPC than its own."""
    vpcs = set(connection.scalars(select(tables.vpcs.c.id)))
    associations, acls, groups = tables.route_table_associations.c, tables.network_acls.c, tables.security_groups.c
    for what, owners in (
        ("main route table", select(associations.vpc_id).where(associations.main)),
        ("default network ACL", select(acls.vpc_id).where(acls.is_default)),
        ("default security group", select(groups.vpc_id).where(groups.name == "default")),
    ):
        if sorted(connection.scalars(owners)) != sorted(vpcs):
            yield f"not every VPC has one {what}"
    for naming, name, named in (
        (tables.subnets, "acl_id", tables.network_acls),
        (tables.route_table_associations, "route_table_id", tables.route_tables),
    ):
        both = select(naming.c.id, naming.c.vpc_id, named.c.vpc_id).outerjoin(named, named.c.id == naming.c[name])
        for identifier, own, other in connection.execute(both):
            if own != other:
                yield f"{identifier} names by its {name} what is not in its VPC"
