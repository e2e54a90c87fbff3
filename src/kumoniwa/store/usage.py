"""What is kept, in numbers."""

from sqlalchemy import Connection, func, select

from kumoniwa.store import layers
from kumoniwa.store.tables.fast_launch import prepared_machines
from kumoniwa.store.tables.snapshots import snapshots
from kumoniwa.store.tables.volumes import volumes
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """How many layers, volumes and snapshots there are, and how large. Sizes of snapshots: of those measured."""

    layers: int
    volumes: int
    provisioned_gib: int
    snapshots: int
    snapshots_measured: int
    changed_bytes: int
    """What snapshots hold that those before them do not: what they take."""
    full_bytes: int
    """What they would take, each by itself."""
    longest_chain: int
    longest_chain_of: str | None
    """A volume."""
    prepared_machines: int
    """Of which instances are launched from memory; those that are not ready included."""


def usage(connection: Connection) -> Usage:
    """What there is of all accounts in all regions."""
    every = layers.every(connection)
    held = connection.execute(select(volumes.c.id, volumes.c.size_gib, volumes.c.head)).all()
    chains = [(len(layers.chain(every, head)), volume) for volume, _, head in held]
    longest, longest_of = max(chains, default=(0, None))
    # Two snapshots of one layer take it once.
    per_layer = (
        select(func.max(snapshots.c.changed_bytes).label("changed"))
        .where(snapshots.c.changed_bytes.is_not(None))
        .group_by(snapshots.c.layer_id)
        .subquery()
    )
    counted = connection.execute(
        select(func.count(), func.count(snapshots.c.full_bytes), func.coalesce(func.sum(snapshots.c.full_bytes), 0))
    ).one()
    changed = connection.execute(select(func.coalesce(func.sum(per_layer.c.changed), 0))).scalar_one()
    return Usage(
        layers=len(every),
        volumes=len(held),
        provisioned_gib=sum(size for _, size, _ in held),
        snapshots=counted[0],
        snapshots_measured=counted[1],
        changed_bytes=int(changed),
        full_bytes=int(counted[2]),
        longest_chain=longest,
        longest_chain_of=longest_of,
        prepared_machines=connection.execute(select(func.count()).select_from(prepared_machines)).scalar_one(),
    )
