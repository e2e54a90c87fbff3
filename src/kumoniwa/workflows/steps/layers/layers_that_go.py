"""Work on the file of a layer, which ends early where the layer goes meanwhile: what it was made for was deleted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from kumoniwa.deadlines import cut_short
from kumoniwa.store import layers
from kumoniwa.store.changes import Changed
from kumoniwa.store.tables.layers import layers as table
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.world import World


class LayerGone(Exception):
    """There is no such layer any more."""


@asynccontextmanager
async def as_long_as_known(world: World, layer_id: str) -> AsyncIterator[None]:
    """Cancels the block once the row of the layer is gone, and raises `LayerGone` in its place."""
    looked, loop, watch = asyncio.Event(), asyncio.get_running_loop(), Tasks(f"end of {layer_id}")

    def heard(changed: Changed) -> None:
        """In the writer's thread."""
        ids = changed.get(table.name, frozenset())
        if (ids is None or layer_id in ids) and not loop.is_closed():
            loop.call_soon_threadsafe(looked.set)

    world.database.changes.follow(heard)
    try:
        async with asyncio.timeout(None) as scope:
            looked.set()  # it may be gone already
            watch.start(_cut_short_once_gone(world, layer_id, looked, scope), "watch")
            try:
                yield
            finally:
                await watch.close()
    except TimeoutError as late:
        if scope.expired():
            raise LayerGone(layer_id) from late
        raise
    finally:
        world.database.changes.forget(heard)


async def _cut_short_once_gone(world: World, layer_id: str, looked: asyncio.Event, scope: asyncio.Timeout) -> None:
    while True:
        await looked.wait()
        looked.clear()
        if await world.database.read(partial(layers.get, layer_id=layer_id)) is None:
            cut_short(scope)
            return
