"""Steps that make, cut and remove volumes."""

from collections.abc import Sequence
from functools import partial
from typing import TypedDict

import structlog
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import Cut, CutMade, DriverError, LayerId
from kumoniwa.model.storage import GIB, AttachmentState, Consistency, Layer, VolumeState
from kumoniwa.storage.collect import collect
from kumoniwa.store import layers, snapshots, tags, volumes
from kumoniwa.workflows.engine import StepFailed
from kumoniwa.workflows.steps.consistency import FrozenCut
from kumoniwa.workflows.steps.layers import ensure_layers_made
from kumoniwa.workflows.steps.patience import until_answered
from kumoniwa.workflows.steps.snapshots import ensure_completed, ensure_failed
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)


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
        await ensure_layers_made(world, cut["old"])
        await world.driver.disks.ensure_overlay(LayerId(cut["new"]), LayerId(cut["old"]), cut["size_gib"] * GIB)
    made = [cut["new"] for cut in cuts]
    await world.database.write(lambda connection: layers.note_made(connection, *made))


async def ensure_cut(world: World, instance_id: str, cuts: Sequence[VolumeCut]) -> float:
    """Afterwards each old head is immutable and its snapshot's, and the new one takes the writes.

    Gives the seconds that the switch took in the guest.
    """
    return (await _ensure_cut(world, instance_id, cuts, freeze=False)).seconds


async def ensure_frozen_cut(world: World, instance_id: str, cuts: Sequence[VolumeCut]) -> FrozenCut:
    """As `ensure_cut`, the guest's file systems frozen meanwhile; where they could not be, it says why."""
    made = await _ensure_cut(world, instance_id, cuts, freeze=True)
    frozen_ms = None if made.frozen_seconds is None else made.frozen_seconds * 1000
    return {"seconds": made.seconds, "frozen_ms": frozen_ms, "not_frozen": made.not_frozen}


async def _ensure_cut(world: World, instance_id: str, cuts: Sequence[VolumeCut], *, freeze: bool) -> CutMade:
    # Which volumes the guest has cannot change now: attaching and detaching take the instance's claim.
    plugged = await world.database.read(partial(_plugged, instance_id=instance_id, cuts=cuts))
    wanted = [Cut(LayerId(cut["old"]), LayerId(cut["new"])) for cut in cuts if cut["volume"] in plugged]
    made = CutMade(0.0)
    if wanted:
        made = await until_answered(world, instance_id, lambda guest: guest.ensure_cut(wanted, freeze=freeze))

    def publish(connection: Connection) -> None:
        for cut in cuts:
            if cut["volume"] not in plugged:
                _check_untouched(connection, cut)
            volumes.set_head(connection, cut["volume"], cut["new"])
            snapshots.change(connection, cut["snapshot"], layer_id=cut["old"])

    await world.database.write(publish)
    return made


def _plugged(connection: Connection, instance_id: str, cuts: Sequence[VolumeCut]) -> set[str]:
    """Those of the volumes that are the instance's; the others nobody has, or `StepFailed` is raised."""
    attached = volumes.attachment_of(connection, [cut["volume"] for cut in cuts])
    for volume_id, attachment in attached.items():
        if attachment.instance_id != instance_id:
            raise StepFailed(f"The volume '{volume_id}' is attached to '{attachment.instance_id}' by now.")
    return {volume_id for volume_id, one in attached.items() if one.state is not AttachmentState.ATTACHING}


def _check_untouched(connection: Connection, cut: VolumeCut) -> None:
    """A volume that nobody has is cut by rows alone, unless it is gone or was cut or attached since it was planned."""
    volume = volumes.get(connection, cut["volume"])
    if volume is None or volume.head not in (cut["old"], cut["new"]) or volume.size_gib != cut["size_gib"]:
        raise StepFailed(f"The volume '{cut['volume']}' was detached, and is gone or changed by now.")
    if volumes.attachment_of(connection, [volume.id]):
        raise StepFailed(f"The volume '{volume.id}' was attached elsewhere meanwhile.")


async def ensure_snapshots_completed(
    world: World, cuts: Sequence[WantedCut], consistency: Consistency, detail: str, frozen_ms: float | None = None
) -> None:
    """Afterwards the snapshots are completed, and say how they were cut. Fails where one cannot be read."""
    await ensure_completed(world, [cut["snapshot"] for cut in cuts], consistency, detail, frozen_ms)


async def ensure_snapshots_failed(world: World, cuts: Sequence[WantedCut], reason: str) -> None:
    """Afterwards the snapshots are in error, and say why."""
    await ensure_failed(world, [cut["snapshot"] for cut in cuts], reason)


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
