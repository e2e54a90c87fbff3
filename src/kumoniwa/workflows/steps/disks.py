"""Steps that make, cut and remove volumes."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TypedDict

import structlog
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import Cut, DriverError, GuestId, GuestLost, LayerId
from kumoniwa.model.storage import GIB, AttachmentState, Consistency, Layer, SnapshotState, VolumeState
from kumoniwa.storage.collect import collect
from kumoniwa.store import layers, snapshots, tags, volumes
from kumoniwa.workflows.engine import StepFailed, StepUnknown
from kumoniwa.workflows.steps.layers import ensure_layers_made
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_ASKED_AGAIN_EVERY = 1.0  # seconds
_ASKED_AGAIN_FOR = 60.0


class WantedCut(TypedDict):
    """A cut of one volume, its names chosen when it was asked for: `new` is the layer that will take the writes."""

    volume: str
    snapshot: str
    new: str


class VolumeCut(WantedCut):
    """A cut whose turn has come: `old` is the layer that the snapshot will hold."""

    old: str
    size_gib: int


async def ensure_volumes_made(world: World, instance_id: str) -> None:
    """Afterwards every volume of the instance has its file and is in use."""
    found = await world.database.read(partial(volumes.of_instance, instance_id=instance_id))
    for _, volume in found:
        await ensure_layers_made(world, volume.head)

    def publish(connection: Connection) -> None:
        for _, volume in found:
            volumes.move(connection, volume.id, [VolumeState.CREATING], VolumeState.IN_USE)
            volumes.set_attachment_state(connection, volume.id, AttachmentState.ATTACHED)

    await world.database.write(publish)


async def ensure_cuts_planned(world: World, wanted: Sequence[WantedCut]) -> list[VolumeCut]:
    """Afterwards the layers are known that the cuts will make; gives the cuts, on the heads that volumes have now."""
    now = world.clock.now()

    def plan(connection: Connection) -> list[VolumeCut]:
        cuts: list[VolumeCut] = []
        for want in wanted:
            volume = volumes.get(connection, want["volume"])
            if volume is None:
                raise StepFailed(f"The volume '{want['volume']}' does not exist.")
            if (layer := layers.get(connection, want["new"])) is None:
                layer = Layer(want["new"], volume.head, volume.size_gib * GIB, now)
                layers.add(connection, layer)
            assert layer.parent_id is not None
            cuts.append({**want, "old": layer.parent_id, "size_gib": volume.size_gib})
        return cuts

    return await world.database.write(plan)


async def ensure_overlays(world: World, cuts: Sequence[VolumeCut]) -> None:
    """Afterwards the overlays exist that the cuts will switch to. The guest may run."""
    for cut in cuts:
        await world.driver.disks.ensure_overlay(LayerId(cut["new"]), LayerId(cut["old"]), cut["size_gib"] * GIB)


async def ensure_cut(world: World, instance_id: str, cuts: Sequence[VolumeCut]) -> float:
    """Afterwards each old head is immutable and its snapshot's, and the new one takes the writes.

    Gives the seconds that the switch took in the guest.
    """
    guest = world.driver.guest(GuestId(instance_id))
    wanted = [Cut(LayerId(cut["old"]), LayerId(cut["new"])) for cut in cuts]
    given_up_at = world.clock.now() + timedelta(seconds=_ASKED_AGAIN_FOR)
    while True:
        try:
            made = await guest.ensure_cut(wanted)
            break
        except GuestLost as lost:
            # Whether it was cut is unknown, and the guest may write to `new` already: no answer is not a refusal.
            if world.clock.now() > given_up_at:
                raise StepUnknown(str(lost)) from lost
            await world.clock.sleep(_ASKED_AGAIN_EVERY)

    def publish(connection: Connection) -> None:
        layers.note_made(connection, *(cut["new"] for cut in cuts))
        for cut in cuts:
            volumes.set_head(connection, cut["volume"], cut["new"])
            snapshots.change(connection, cut["snapshot"], layer_id=cut["old"])

    await world.database.write(publish)
    return made.seconds


async def ensure_snapshots_completed(
    world: World, cuts: Sequence[WantedCut], consistency: Consistency, detail: str
) -> None:
    """Afterwards the snapshots are completed, and say how they were cut."""
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        for cut in cuts:
            snapshots.change(
                connection,
                cut["snapshot"],
                state=SnapshotState.COMPLETED,
                progress=100,
                completed_at=now,
                consistency=consistency,
                consistency_detail=detail,
            )

    await world.database.write(publish)


async def ensure_snapshots_failed(world: World, cuts: Sequence[WantedCut], reason: str) -> None:
    """Afterwards the snapshots are in error, and say why."""

    def publish(connection: Connection) -> None:
        for cut in cuts:
            snapshots.change(connection, cut["snapshot"], state=SnapshotState.ERROR, state_message=reason)

    await world.database.write(publish)


async def ensure_volumes_released(world: World, instance_id: str) -> None:
    """Afterwards the instance has no volumes: those with DeleteOnTermination are gone, the others available."""

    def release(connection: Connection) -> None:
        for attachment, volume in volumes.of_instance(connection, instance_id):
            if attachment.delete_on_termination:
                volumes.remove(connection, volume.id)
                tags.remove_all(connection, volume.id)
            else:
                volumes.detach(connection, volume.id)
                volumes.move(connection, volume.id, [VolumeState.CREATING, VolumeState.IN_USE], VolumeState.AVAILABLE)

    await world.database.write(release)
    try:
        await collect(world.database, world.driver.disks)
    except (DriverError, OSError) as failure:
        # The rows are right, and a file that does not go is not the instance's trouble: the next collector tries again.
        log.warning("layers could not be deleted", instance=instance_id, reason=str(failure))
