"""Whether every layer's file is what the database says, and what depends on one that is not.

Nothing is repaired by guessing. Two things need none: a file that no row knows is rubbish, and a head whose file stands
on one of the layers that its row's parent stands on was compacted by a guest while no server was there to note it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from sqlalchemy import Connection, select

from kumoniwa.model.images import ImageState
from kumoniwa.model.layers import Layer
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.storage.collect import Collector, Id
from kumoniwa.store import layers
from kumoniwa.store.database import Database, damages
from kumoniwa.store.tables.fast_launch import prepared_machines
from kumoniwa.store.tables.images import image_devices, images
from kumoniwa.store.tables.snapshots import snapshots
from kumoniwa.store.tables.volumes import volumes
from kumoniwa.values import dataclass

_AT_ONCE = 100  # rows that are read for the layers that are looked at next


class Unreadable(Exception):
    """A layer's file is missing or torn. The text names it and says what is wrong."""


class CheckedFiles(Protocol):
    """What a check needs of a driver's disks (`kumoniwa.reconcile.layer_files`)."""

    async def all_layers(self) -> frozenset[str]:
        """The layers that have files."""
        ...

    async def parent(self, layer: str) -> str | None:
        """The layer that it stands on, as its file says. Raises `Unreadable`."""
        ...

    async def ensure_durable(self, layer: str) -> None:
        """Afterwards what its file says survives a power failure. Raises `Unreadable`."""
        ...

    async def faults(self, layer: Layer, *, thorough: bool) -> list[str]:
        """What is wrong with the file, in sentences that name it."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in a sentence, and the ids of the volumes, snapshots, images and prepared machines that depend on
    it."""

    layer: str
    """"" where it is not about one layer."""
    what: str
    needed_by: tuple[str, ...] = ()
    repairable: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a look at the layers came: `next` is the one to go on with, None at the end."""

    done: int
    of: int
    next: str | None
    faults: tuple[Fault, ...]


async def look_at_whole(database: Database, collector: Collector[Id]) -> list[Fault]:
    """What is wrong with the rows among themselves, and which files no row knows."""
    found = await database.read(_faults_of_rows)
    for orphan in sorted(await collector.orphans()):
        found.append(Fault(orphan, f"The file of layer {orphan} belongs to nothing.", repairable=True))
    return found


async def look_at_layers(
    database: Database, files: CheckedFiles, start: str | None, enough: Callable[[], bool], *, thorough: bool = True
) -> Looked:
    """Look at one layer after another, from `start` on (None: the first) until there are no more or it is `enough`.

    At least one is looked at. Layers that come or go meanwhile are no fault.
    """
    ids = sorted(await database.read(layers.known))
    left = [layer_id for layer_id in ids if start is None or layer_id >= start]
    done, found, over = 0, list[Fault](), False
    while done < len(left) and not over:
        part = left[done : done + _AT_ONCE]
        rows = await database.read(partial(layers.of_ids, ids=part))
        for layer_id in part:
            found += await _look_at(database, files, rows.get(layer_id), thorough=thorough)
            done += 1
            if over := enough():
                break
    following = left[done] if done < len(left) else None
    return Looked(len(ids) - len(left) + done, len(ids), following, tuple(found))


async def _look_at(database: Database, files: CheckedFiles, row: Layer | None, *, thorough: bool) -> list[Fault]:
    """What is wrong with one layer's file; nothing where the layer is gone, or its file was never made."""
    while row is not None:
        found = await _faults_of(database, files, row, thorough=thorough)
        if not found:
            break
        # It may have gone, or been compacted, while it was looked at: only what it is now counts.
        before = row
        row = await database.read(partial(layers.get, layer_id=before.id))
        if row == before:
            needed_by = await database.read(partial(dependents, layer_id=before.id))
            return [replace(fault, needed_by=needed_by) for fault in found]
    return []


async def repair(database: Database, files: CheckedFiles, collector: Collector[Id]) -> list[Fault]:
    """Repair all that needs no guessing; gives what was wrong."""
    repaired = [
        _compacted(layer_id, onto)
        for layer_id in sorted(await database.read(layers.known))
        if (onto := await follow(database, files, layer_id)) is not None
    ]
    gone = sorted(await collector.sweep())
    return repaired + [Fault(orphan, f"The file of layer {orphan} belonged to nothing.") for orphan in gone]


async def follow(database: Database, files: CheckedFiles, layer_id: str) -> str | None:
    """Where a layer's file was compacted and its row does not know: afterwards it does. Gives what it stands on now.

    Never otherwise: any other parent is damage. A file that cannot be read is reported where it is needed.
    """
    row = await database.read(partial(layers.get, layer_id=layer_id))
    if row is None:
        return None
    try:
        onto = await files.parent(layer_id)
    except Unreadable:
        return None
    if onto is None or not await _is_below(database, row, onto):
        return None
    try:
        await files.ensure_durable(layer_id)  # before what it stood on may be deleted
    except Unreadable:
        return None
    noted = await database.write(partial(layers.change_parent, layer_id=layer_id, was=row.parent_id, now=onto))
    return onto if noted else None


def dependents(connection: Connection, layer_id: str) -> tuple[str, ...]:
    """The ids of all volumes, snapshots, images and prepared machines that cannot be read without this layer."""
    above = {layer_id}
    every = layers.every(connection)
    while more := {layer.id for layer in every.values() if layer.parent_id in above} - above:
        above |= more
    of_volumes = connection.execute(select(volumes.c.id, volumes.c.head)).all()
    of_snapshots = connection.execute(select(snapshots.c.id, snapshots.c.layer_id)).all()
    of_machines = connection.execute(select(prepared_machines.c.id, prepared_machines.c.layer_id)).all()
    held = sorted(one for one, head in of_volumes if head in above)
    prepared = sorted(one for one, layer in of_machines if layer in above)
    cut = sorted(one for one, layer in of_snapshots if layer in above)
    query = (
        select(images.c.id)
        .join(image_devices, image_devices.c.image_id == images.c.id)
        .where(image_devices.c.snapshot_id.in_(cut), images.c.state.in_([ImageState.AVAILABLE, ImageState.DISABLED]))
        .distinct()
        .order_by(images.c.id)
    )
    return (*held, *cut, *connection.execute(query).scalars(), *prepared)


async def _faults_of(database: Database, files: CheckedFiles, row: Layer, *, thorough: bool) -> list[Fault]:
    if not row.made and row.id not in await files.all_layers():
        return []
    try:
        parent = await files.parent(row.id)
    except Unreadable as unreadable:
        return [Fault(row.id, str(unreadable))]
    found: list[Fault] = []
    if row.is_copy:  # its file is there, which its row does not know yet: it is made right when it is next wanted
        return []
    if parent is not None and await _is_below(database, row, parent):
        found.append(_compacted(row.id, parent))
        row = replace(row, parent_id=parent)
    return found + [Fault(row.id, what) for what in await files.faults(row, thorough=thorough)]


async def _is_below(database: Database, row: Layer, layer_id: str) -> bool:
    """Whether that layer is beneath the one that this one is noted to stand on."""
    if row.parent_id in (None, layer_id):
        return False

    def read(connection: Connection) -> bool:
        return layer_id in {layer.id for layer in layers.chain(layers.every(connection), row.parent_id)}

    return await database.read(read)


def _compacted(layer_id: str, onto: str) -> Fault:
    return Fault(
        layer_id, f"Layer {layer_id} was compacted onto {onto}, which the database does not know.", repairable=True
    )


def _faults_of_rows(connection: Connection) -> list[Fault]:
    every = layers.every(connection)
    return [
        *_faults_of_database(connection),
        *(fault for layer in every.values() for fault in _faults_of_chain(connection, every, layer)),
        *_lost_references(connection, every),
    ]


def _faults_of_database(connection: Connection) -> Iterable[Fault]:
    for said in damages(connection):
        yield Fault("", f"cloud.db is damaged: {said}.")


def _faults_of_chain(connection: Connection, every: dict[str, Layer], layer: Layer) -> Iterable[Fault]:
    lowest = layers.chain(every, layer.id)[-1]
    if layer.parent_id is not None and layer.parent_id not in every:
        yield Fault(
            layer.id,
            f"Layer {layer.id} stands on {layer.parent_id}, which the database does not know.",
            dependents(connection, layer.id),
        )
    elif lowest.parent_id is not None and lowest.parent_id == layer.id:
        yield Fault(layer.id, f"Layer {layer.id} stands on itself.", dependents(connection, layer.id))


def _lost_references(connection: Connection, every: dict[str, Layer]) -> Iterable[Fault]:
    for volume, head in connection.execute(select(volumes.c.id, volumes.c.head)):
        if head not in every:
            yield Fault(head, f"Volume {volume} is layer {head}, which the database does not know.", (volume,))
    there: set[str] = set()
    for snapshot, layer, state in connection.execute(select(snapshots.c.id, snapshots.c.layer_id, snapshots.c.state)):
        there.add(snapshot)
        if layer is None and state is SnapshotState.COMPLETED:
            yield Fault("", f"Snapshot {snapshot} is completed and has no layer.", (snapshot,))
        elif layer is not None and layer not in every:
            yield Fault(layer, f"Snapshot {snapshot} is layer {layer}, which the database does not know.", (snapshot,))
    for machine, layer in connection.execute(select(prepared_machines.c.id, prepared_machines.c.layer_id)):
        if layer is not None and layer not in every:
            what = f"Prepared machine {machine} is layer {layer}, which the database does not know."
            yield Fault(layer, what, (machine,))
    query = (
        select(image_devices.c.image_id, image_devices.c.snapshot_id)
        .join(images, images.c.id == image_devices.c.image_id)
        .where(
            image_devices.c.snapshot_id.is_not(None), images.c.state.in_([ImageState.AVAILABLE, ImageState.DISABLED])
        )
    )
    for image, snapshot in connection.execute(query):
        if snapshot not in there:
            yield Fault("", f"Image {image} needs snapshot {snapshot}, which does not exist.", (image,))


def as_json(faults: Sequence[Fault]) -> list[dict[str, object]]:
    """Faults as JSON has them."""
    return [
        {
            "layer": fault.layer or None,
            "what": fault.what,
            "needed_by": list(fault.needed_by),
            "repairable": fault.repairable,
        }
        for fault in faults
    ]
