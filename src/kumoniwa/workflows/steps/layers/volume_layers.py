"""Steps that make the files of layers which so far are rows, and drop layers that came to nothing.

A volume without an instance is cut, and grown, by metadata only; so a layer may have no file yet, and neither may those
beneath it. They are made before a volume is plugged into a guest.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import partial

import structlog
from sqlalchemy import Connection

from kumoniwa.deadlines import at_most
from kumoniwa.hypervisor.driver import Disks, DriverError, LayerDamaged, LayerId
from kumoniwa.model.layers import Layer
from kumoniwa.refusal import happened
from kumoniwa.store import layers
from kumoniwa.workflows.steps.layers.layers_that_go import LayerGone, as_long_as_known
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_COLLECTED_WITHIN = 60.0  # seconds
_COLLECTION = "collection of layers"
_HINT = "see whether the disk of the data folder works, and who owns its files"


async def ensure_layers_made(world: World, *heads: str) -> None:
    """Afterwards these layers have their files, and so has each that they stand on.

    Raises `LayerDamaged` where a file is missing that was there before, for making it anew would hide the loss, and
    where one that never changes any more has lost its end.
    """
    while True:
        async with world.turns.layer_files:
            chains = await world.database.read(partial(layers.chains, heads=heads))
            if not (slow := slow_in(chains)):
                if made := await make_files(world, chains):
                    await _note_made(world, made)
                return
        for layer_id in slow:
            await ensure_slow_made(world, layer_id)


def slow_in(chains: Iterable[Sequence[Layer]]) -> list[str]:
    """The layers, the lowest first, whose files are to be made and take seconds of a processor, or as long as reading
    what they copy: encrypted ones. They are not made while others wait to make files."""
    wanted = (layer.id for chain in chains for layer in reversed(chain) if layer.encrypted and not layer.made)
    return list(dict.fromkeys(wanted))


async def ensure_slow_made(world: World, layer_id: str) -> None:
    """Afterwards the encrypted layer has its file, and what it stands on. A copy stands on nothing then.

    Raises `LayerDamaged` where that cannot be read. Of one that is made, or gone, nothing is to be done; one that goes
    meanwhile is made no further, and leaves no file.
    """
    read = partial(layers.get, layer_id=layer_id)
    if (layer := await world.database.read(read)) is None or layer.made:
        return
    if layer.parent_id is not None:
        await ensure_layers_made(world, layer.parent_id)
    disks = world.driver.disks
    async with world.turns.slow_layers:
        layer = await world.database.read(read)
        if layer is None or layer.made:  # another made it, or it is gone
            return
        try:
            async with as_long_as_known(world, layer_id):
                await _make_slow(disks, layer)
            is_known = await world.database.write(partial(layers.note_slow_made, layer_id=layer_id))
        except LayerGone:
            is_known = False
        if not is_known:  # what it was made for was deleted meanwhile
            world.collector.left_behind([layer_id])
            await disks.ensure_deleted(LayerId(layer_id))


async def _make_slow(disks: Disks, layer: Layer) -> None:
    id, below = LayerId(layer.id), None if layer.parent_id is None else LayerId(layer.parent_id)
    if below is None:
        await disks.ensure_empty(id, layer.size_bytes, encrypted=True)
    elif layer.is_copy:
        await disks.ensure_encrypted_copy(id, below, layer.size_bytes, lambda _: None)
    else:
        await disks.ensure_overlay(id, below, layer.size_bytes)


async def make_files(world: World, chains: Iterable[Sequence[Layer]]) -> list[str]:
    """Make the files of chains of layers, as `ensure_layers_made`; gives the layers, the lowest first, that are to be
    noted as made (`layers.note_made`).

    The chains were read in the same turn (`world.turns.layer_files`), and have none that take long (`slow_in`).
    """
    made: dict[str, Layer] = {}
    for chain in chains:
        made |= await _made(world, chain)
    return list(made)


async def check_made(world: World, chain: Sequence[Layer]) -> bool:
    """Whether all layers of a chain are known to be made, and their files are as they should be.

    Where they are not, the chain may have become shorter since it was read: `ensure_layers_made` reads it again.
    """
    if not all(layer.made for layer in chain):
        return False
    try:
        await _made(world, chain)
    except LayerDamaged:
        return False
    return True


async def _made(world: World, chain: Sequence[Layer]) -> dict[str, Layer]:
    """Make the files of a chain, top to bottom, that are not known to be made; gives those layers, the lowest first."""
    disks = world.driver.disks
    there = await disks.present([LayerId(layer.id) for layer in chain])
    if (lost := next((layer for layer in chain if layer.made and layer.id not in there), None)) is not None:
        raise LayerDamaged(f"The file of layer {lost.id} is missing; what was written to it is lost.")
    await _check_ends(world, chain)
    unmade = {layer.id: layer for layer in reversed(chain) if not layer.made}
    for layer in unmade.values():
        if layer.id in there:
            continue
        if layer.parent_id is None:
            await disks.ensure_empty(LayerId(layer.id), layer.size_bytes, encrypted=layer.encrypted)
        else:
            await disks.ensure_overlay(LayerId(layer.id), LayerId(layer.parent_id), layer.size_bytes)
    return unmade


async def ensure_dropped(world: World, ids: Collection[str]) -> None:
    """Afterwards those of these layers are gone that no volume, snapshot or other layer has."""
    unused = await world.database.write(partial(layers.remove_unused, ids=ids))
    for layer_id in unused:
        try:
            await world.driver.disks.ensure_deleted(LayerId(layer_id))
        except (DriverError, OSError) as failure:
            world.collector.left_behind([layer_id])
            log.warning("a layer could not be deleted", layer=layer_id, reason=str(failure))


async def collect_what_goes(world: World, **about: str) -> None:
    """Collect the layers that nothing refers to. A file that does not go is no failure: the rows are right.

    Takes at most a minute. Housekeeping tries again in each round, and a person is told after some.
    """
    try:
        async with at_most(world.clock, _COLLECTED_WITHIN):
            await world.collector.collect()
        world.troubles.over(_COLLECTION)
    except (DriverError, OSError, TimeoutError) as failure:
        reason = happened(failure) or f"it took more than {_COLLECTED_WITHIN:.0f} s"
        log.warning("layers could not be deleted", reason=reason, **about)
        world.troubles.failed(_COLLECTION, "files of layers that nothing needs cannot be deleted", reason, hint=_HINT)


async def _note_made(world: World, made: Sequence[str]) -> None:
    """Note that these layers, the lowest first, have their files; delete those whose rows went meanwhile."""

    def note(connection: Connection) -> frozenset[str]:
        layers.note_made(connection, *made)
        return layers.still_known(connection, made)

    known = await world.database.write(note)
    for layer_id in reversed(made):
        if layer_id not in known:  # what stood on it was deleted meanwhile, and the collector was quicker than we
            world.collector.left_behind([layer_id])
            await world.driver.disks.ensure_deleted(LayerId(layer_id))


async def _check_ends(world: World, chain: Sequence[Layer]) -> None:
    """Raises `LayerDamaged` where a file is shorter than it was when it was measured: torn, most likely.

    Its tables do not show that its end is missing, and QEMU would read zeros there. One that is still written to may
    lack what its guest had not flushed when the power failed.
    """
    for layer in chain:
        if layer.sealed_bytes is not None:
            await world.driver.disks.check_length(LayerId(layer.id), layer.sealed_bytes)
