"""Layers in the database: which there are, and which nothing refers to any more."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from kumoniwa.model.instances import InstanceState
from kumoniwa.model.layers import Layer
from kumoniwa.model.volumes import AttachmentState
from kumoniwa.model.workflows import WorkflowState
from kumoniwa.store.changes import LET_GO, Touched
from kumoniwa.store.prepared import TOUCHED, Prepared, among, listed, unindexed
from kumoniwa.store.rows import all_of, insert
from kumoniwa.store.tables.claims import claims
from kumoniwa.store.tables.fast_launch import prepared_machines
from kumoniwa.store.tables.instances import instances
from kumoniwa.store.tables.layers import layers
from kumoniwa.store.tables.snapshots import snapshots
from kumoniwa.store.tables.volumes import attachments, volumes
from kumoniwa.store.tables.workflows import workflows


def add(connection: Connection, *new: Layer) -> None:
    """Write new layers, parents first, in the transaction that writes what refers to them.

    What refers to a layer: a volume's head, a snapshot, a prepared machine, another layer, or the arguments of an
    unfinished workflow.
    """
    insert(connection, layers, *new)


_BY_ID = Prepared(select(layers).where(layers.c.id == bindparam("id")))


def get(connection: Connection, layer_id: str) -> Layer | None:
    return _BY_ID.value(Layer, connection, id=layer_id)


_BY_IDS = Prepared(select(layers).where(among(layers.c.id, "ids")))


def of_ids(connection: Connection, ids: Collection[str]) -> dict[str, Layer]:
    """Those of these layers that there are, by id."""
    return {layer.id: layer for layer in _BY_IDS.values(Layer, connection, ids=listed(ids))}


def every(connection: Connection) -> dict[str, Layer]:
    """All layers by id."""
    return {layer.id: layer for layer in all_of(Layer, connection, select(layers))}


def chain(every: Mapping[str, Layer], head: str | None) -> list[Layer]:
    """The layer and those that it stands on, top to bottom, as far as there are any; each once."""
    found: dict[str, Layer] = {}
    while head is not None and head not in found and (layer := every.get(head)) is not None:
        found[head] = layer
        head = layer.parent_id
    return list(found.values())


_TOP = select(layers).where(among(layers.c.id, "heads")).cte("standing", recursive=True)
_STANDING = Prepared(select(_TOP.union(select(layers).join(_TOP, layers.c.id == _TOP.c.parent_id))))


def standing(connection: Connection, head: str) -> list[Layer]:
    """The layer and those that it stands on, top to bottom. However many others there are, it costs no more."""
    return chains(connection, [head])[0]


def chains(connection: Connection, heads: Sequence[str]) -> list[list[Layer]]:
    """Of each of these layers, it and those that it stands on, top to bottom."""
    found = {layer.id: layer for layer in _STANDING.values(Layer, connection, heads=listed(heads))}
    return [chain(found, head) for head in heads]


def attached_heads(connection: Connection) -> list[tuple[str, str, str]]:
    """Each attached volume, its instance and its head."""
    query = (
        select(volumes.c.id, attachments.c.instance_id, volumes.c.head)
        .join(attachments, attachments.c.volume_id == volumes.c.id)
        .join(instances, instances.c.id == attachments.c.instance_id)
    )
    return [(volume, instance, head) for volume, instance, head in connection.execute(query)]


_BELOW = layers.alias()
_OF_THREE = Prepared(
    select(volumes.c.head)
    .join(attachments, attachments.c.volume_id == volumes.c.id)
    .join(layers, layers.c.id == volumes.c.head)
    .join(_BELOW, _BELOW.c.id == layers.c.parent_id)
    .where(_BELOW.c.parent_id.is_not(None))
)


def heads_that_may_be_compacted(connection: Connection) -> set[str]:
    """The heads of attached volumes that stand on two layers at least: on one alone, nothing can be put together."""
    return set(_OF_THREE.scalars(connection))


_PARENTS = Prepared(select(layers.c.id, layers.c.parent_id).where(among(layers.c.id, "ids")))


def parents_of(connection: Connection, ids: Collection[str]) -> dict[str, str | None]:
    """What those of these layers stand on that there are."""
    return dict(_PARENTS.rows(connection, ids=listed(ids)))


def long_chains(
    connection: Connection, longer_than: int, of: Collection[str] | None = None
) -> list[tuple[str, str, str]]:
    """Of the volumes that running instances have which no workflow owns, those that stand on more layers than that.

    Each volume, its instance and its head; only of these instances, where ids are given.
    """
    found = _long_chains(longer_than, by_ids=of is not None).rows(connection, ids=listed(of or ()))
    return [(volume, instance, head) for volume, instance, head in found]


@cache
def _long_chains(longer_than: int, *, by_ids: bool) -> Prepared:
    query = (
        select(volumes.c.id, attachments.c.instance_id, volumes.c.head)
        .join(attachments, attachments.c.volume_id == volumes.c.id)
        .join(instances, instances.c.id == attachments.c.instance_id)
        .where(
            (unindexed(instances.c.state) if by_ids else instances.c.state) == InstanceState.RUNNING,
            instances.c.id.not_in(select(claims.c.resource_id)),
            attachments.c.state == AttachmentState.ATTACHED,
        )
    )
    below = volumes.c.head
    for _ in range(longer_than + 1):
        layer = layers.alias()
        query, below = query.join(layer, layer.c.id == below), layer.c.parent_id
    return Prepared(query.where(among(instances.c.id, "ids")) if by_ids else query)


def let_go(connection: Connection, ids: Iterable[str | None]) -> None:
    """Say that something referred to these layers, and no longer does. `Collector` hears of it with the commit."""
    told: Touched | None = connection.info.get(TOUCHED)
    if told is not None:
        told(LET_GO, [layer_id for layer_id in ids if layer_id is not None])


def change_parent(connection: Connection, layer_id: str, was: str | None, now: str | None) -> bool:
    """Note what the layer stands on now, if it is noted to stand on `was`; gives whether it was."""
    of_it = (layers.c.id == layer_id) & layers.c.parent_id.is_not_distinct_from(was)
    changed = connection.execute(update(layers).where(of_it).values(parent_id=now)).rowcount == 1
    if changed:
        let_go(connection, [was])
    return changed


def unmade(connection: Connection, layer_id: str) -> list[Layer]:
    """The layer and those beneath it whose files were never seen, the lowest first."""
    return [layer for layer in reversed(standing(connection, layer_id)) if not layer.made]


_MADE = Prepared(update(layers).where(among(layers.c.id, "ids")).values(made=True))


def note_made(connection: Connection, *ids: str) -> None:
    """These layers have their files: a file that is missing from now on was lost."""
    _MADE.run(connection, ids=listed(ids))


def note_slow_made(connection: Connection, layer_id: str) -> bool:
    """The layer has its file: a copy stands on nothing any more. Gives whether there is such a layer."""
    found = get(connection, layer_id)
    if found is not None and not found.is_copy:
        note_made(connection, layer_id)
    elif found is not None:
        alone = {"made": True, "is_copy": False, "parent_id": None}
        connection.execute(update(layers).where(layers.c.id == layer_id).values(alone))
        let_go(connection, [found.parent_id])
    return found is not None


def seal(connection: Connection, layer_id: str, length: int, sha256: str) -> None:
    """Note what the file of an immutable layer is, in bytes and by its digest; what was noted before stays."""
    connection.execute(
        update(layers)
        .where(layers.c.id == layer_id, layers.c.sealed_sha256.is_(None))
        .values(sealed_bytes=length, sealed_sha256=sha256)
    )


def sizes(connection: Connection, layer_id: str) -> tuple[int, int] | None:
    """What a measured layer holds itself, and with all beneath it, in bytes; None without a measured snapshot."""
    query = select(snapshots.c.changed_bytes, snapshots.c.full_bytes).where(
        snapshots.c.layer_id == layer_id, snapshots.c.changed_bytes.is_not(None), snapshots.c.full_bytes.is_not(None)
    )
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else (row.changed_bytes, row.full_bytes)


_KNOWN = Prepared(select(layers.c.id))
_STILL_KNOWN = Prepared(select(layers.c.id).where(among(layers.c.id, "ids")))


def known(connection: Connection) -> frozenset[str]:
    """The ids of all layers."""
    return frozenset(_KNOWN.scalars(connection))


def still_known(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Those of these ids whose layers there are."""
    return frozenset(_STILL_KNOWN.scalars(connection, ids=listed(ids)))


_CHILDREN = layers.alias()
_EVERY_UNREFERENCED = select(layers).where(
    ~exists().where(volumes.c.head == layers.c.id),
    ~exists().where(snapshots.c.layer_id == layers.c.id),
    ~exists().where(prepared_machines.c.layer_id == layers.c.id),
    ~exists().where(_CHILDREN.c.parent_id == layers.c.id),
)
_UNREFERENCED = Prepared(_EVERY_UNREFERENCED)
_UNREFERENCED_AMONG = Prepared(_EVERY_UNREFERENCED.where(among(layers.c.id, "ids")))


def unreferenced(connection: Connection, ids: Collection[str] | None = None) -> list[Layer]:
    """The layers that nothing refers to; of these alone, where ids are given.

    Removing them may leave their parents so: ask again.
    """
    if ids is None:
        found = _UNREFERENCED.values(Layer, connection)
    else:
        found = _UNREFERENCED_AMONG.values(Layer, connection, ids=listed(ids))
    if not found:
        return []
    planned = _planned(connection)
    return [layer for layer in found if layer.id not in planned]


def remove(connection: Connection, ids: Collection[str]) -> None:
    """Forget layers that nothing refers to. Their files go after the commit."""
    gone = connection.execute(delete(layers).where(layers.c.id.in_(ids)).returning(layers.c.parent_id))
    let_go(connection, gone.scalars())


def remove_unused(connection: Connection, ids: Collection[str]) -> list[str]:
    """Forget those of these layers that no volume, snapshot, machine or other layer has; gives all without a row."""
    children = layers.alias()
    used = (
        exists().where(volumes.c.head == layers.c.id)
        | exists().where(snapshots.c.layer_id == layers.c.id)
        | exists().where(prepared_machines.c.layer_id == layers.c.id)
        | exists().where(children.c.parent_id == layers.c.id)
    )
    gone = connection.execute(delete(layers).where(layers.c.id.in_(ids), ~used).returning(layers.c.parent_id))
    let_go(connection, gone.scalars())
    left = set(connection.execute(select(layers.c.id).where(layers.c.id.in_(ids))).scalars())
    return [layer_id for layer_id in ids if layer_id not in left]


def _planned(connection: Connection) -> str:
    """The arguments of unfinished workflows as one text: a layer that is named there will be referred to soon."""
    query = select(workflows.c.arguments).where(workflows.c.state.in_([WorkflowState.WAITING, WorkflowState.RUNNING]))
    return json.dumps(list(connection.execute(query).scalars()))
