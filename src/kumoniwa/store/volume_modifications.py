"""The latest modification of each volume in the database, and how many there were of late."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from kumoniwa.model.scope import Scope
from kumoniwa.model.volumes import ModificationState, VolumeModification
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables.volumes import volume_modifications, volumes
from kumoniwa.store.tables.workflows import workflows


def put(connection: Connection, modification: VolumeModification) -> None:
    """Write a new modification in place of the volume's last one."""
    connection.execute(delete(volume_modifications).where(volume_modifications.c.volume_id == modification.volume_id))
    insert(connection, volume_modifications, modification)


def get(connection: Connection, volume_id: str) -> VolumeModification | None:
    """The latest modification of a volume; None: it was never modified."""
    query = select(volume_modifications).where(volume_modifications.c.volume_id == volume_id)
    return one_of(VolumeModification, connection, query)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[VolumeModification]:
    """The latest modifications of the volumes of an account in a region; of these alone, where `ids` are given."""
    query = (
        select(volume_modifications)
        .join(volumes, volumes.c.id == volume_modifications.c.volume_id)
        .where(volumes.c.account == scope.account, volumes.c.region == scope.region)
    )
    if ids is not None:
        query = query.where(volumes.c.id.in_(ids))
    return all_of(VolumeModification, connection, query)


def move(
    connection: Connection,
    volume_id: str,
    sources: Collection[ModificationState],
    target: ModificationState,
    **columns: Any,
) -> bool:
    """Move a volume's modification to `target`, if it is in one of `sources`; gives whether it was."""
    moved = connection.execute(
        update(volume_modifications)
        .where(volume_modifications.c.volume_id == volume_id, volume_modifications.c.state.in_(sources))
        .values(state=target, **columns)
    )
    return moved.rowcount == 1


def count_since(connection: Connection, kind: str, volume_id: str, since: datetime) -> int:
    """How many modifications of the volume were begun since then, at most a day ago: workflows are kept as long.

    `kind` is the workflow that carries a modification out; its argument `volume_id` names the volume.
    """
    query = select(func.count()).where(
        workflows.c.kind == kind,
        workflows.c.created_at > since,
        workflows.c.arguments["volume_id"].as_string() == volume_id,
    )
    return int(connection.execute(query).scalar_one())
