"""What must hold whatever died when."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select
from stack import Stack

from kumoniwa.model.layers import Layer
from kumoniwa.store import layers, tables
from kumoniwa.store.tables import metadata, permissions, tags, workflows


async def whole(stack: Stack) -> None:
    """No claim, nothing unfinished, nothing that nothing refers to, files and rows alike, no broken disk."""

    def read(connection: Connection) -> tuple[list[Any], list[Any], list[str]]:
        return (
            list(connection.execute(select(tables.claims))),
            list(connection.execute(select(workflows.c.id).where(workflows.c.finished_at.is_(None)))),
            sorted(set(_of_nothing(connection))),
        )

    cloud = stack.running.cloud
    claims, unfinished, of_nothing = await cloud.read(read)
    assert claims == []
    assert unfinished == []
    assert of_nothing == [], f"tags and permissions go with what they are of: {of_nothing}"
    known: dict[str, Layer] = await cloud.read(layers.every)
    files = await stack.driver.disks.all_layers()
    assert files <= known.keys()
    assert {layer.id for layer in known.values() if layer.made} <= files, "only what was never used may have no file"
    assert await cloud.world.collector.collect() == 0, "layers that nothing refers to were left"
    assert stack.driver.world.layers.broken == []


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
