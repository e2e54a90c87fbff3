"""Steps that cut the volumes of an instance into snapshots."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import Cut, CutMade, DriverError, LayerId
from kumoniwa.model.consistency import FrozenCut, How
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.volumes import AttachmentState
from kumoniwa.store import boots, layers, snapshots, volumes
from kumoniwa.workflows.steps.layers.volume_layers import ensure_dropped, ensure_layers_made
from kumoniwa.workflows.steps.snapshots.complete_snapshots import ensure_completed, ensure_failed
from kumoniwa.workflows.steps.waiting import until_answered
from kumoniwa.workflows.workflow import StepFailed, StepUnknown
from kumoniwa.workflows.world import World

_ASK_AGAIN = "Ask again: what is attached then is taken."


class WantedCut(TypedDict):
    """A cut of one volume, its names chosen when it was asked for: `new` is the layer that will take the writes."""

    volume: str
    snapshot: str
    new: str


class VolumeCut(WantedCut):
    """A cut whose turn has come: `old` is the layer that the snapshot will hold."""

    old: str
    size_gib: int


class Planned(TypedDict):
    """What is to be cut in a guest, and of the other snapshots, by id, why they cannot be made."""

    cuts: list[VolumeCut]
    lost: dict[str, str]


async def ensure_cuts_planned(world: World, instance_id: str, wanted: Sequence[WantedCut]) -> list[VolumeCut]:
    """Afterwards the layers are known that the cuts in the instance's guest will make; gives these cuts.

    A volume without an instance is cut here: by metadata only, in the transaction that decides so. Fails, and
    nothing is cut, where another instance has one, or one is gone. Done while the instance is claimed: what it has it
    keeps until the claim is let go.
    """
    now = world.clock.now()

    def plan(connection: Connection) -> list[VolumeCut]:
        planned = [_planned(connection, instance_id, want, now) for want in wanted]
        return [cut for cut in planned if cut is not None]

    return await world.database.write(plan)


async def ensure_each_cut_planned(world: World, instance_id: str, wanted: Sequence[WantedCut]) -> Planned:
    """As `ensure_cuts_planned`, but for each by itself: gives also why some cannot be cut."""
    now = world.clock.now()

    def plan(connection: Connection) -> Planned:
        planned: Planned = {"cuts": [], "lost": {}}
        for want in wanted:
            try:
                cut = _planned(connection, instance_id, want, now)
            except StepFailed as failure:
                planned["lost"][want["snapshot"]] = str(failure)
                continue
            if cut is not None:
                planned["cuts"].append(cut)
        return planned

    return await world.database.write(plan)


def _planned(connection: Connection, instance_id: str, want: WantedCut, now: datetime) -> VolumeCut | None:
    """The cut to make in the instance's guest. Raises `StepFailed`, before anything is written, where the volume cannot
    be cut.

    None where no cut is to be made there: it was made here, by metadata only, or the snapshot was deleted.
    """
    snapshot = snapshots.get(connection, want["snapshot"])
    if snapshot is None or snapshot.layer_id is not None:
        return None
    volume = volumes.get(connection, want["volume"])
    if volume is None:
        raise StepFailed(f"The volume '{want['volume']}' does not exist.", way_out=_ASK_AGAIN)
    attachment = volumes.attachment_of(connection, [volume.id]).get(volume.id)
    if attachment is not None and attachment.instance_id != instance_id:
        raise StepFailed(
            f"The volume '{volume.id}' was attached to '{attachment.instance_id}' meanwhile.", way_out=_ASK_AGAIN
        )
    if attachment is None or attachment.state is AttachmentState.ATTACHING:
        snapshots.cut_by_rows(connection, volume, snapshot.id, want["new"], now)
        return None
    if (layer := layers.get(connection, want["new"])) is None:
        layer = Layer(want["new"], volume.head, volume.size_gib * GIB, now, encrypted=volume.encrypted)
        layers.add(connection, layer)
    assert layer.parent_id is not None
    return {**want, "old": layer.parent_id, "size_gib": volume.size_gib}


def not_cut_in_guest(wanted: Sequence[WantedCut], planned: Sequence[VolumeCut]) -> list[str]:
    """The volumes of the wanted cuts that are not made in the guest."""
    made = {cut["volume"] for cut in planned}
    return [want["volume"] for want in wanted if want["volume"] not in made]


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
    frozen_ms = None if made.frozen_seconds is None else round(made.frozen_seconds * 1000, 3)
    return {"seconds": made.seconds, "frozen_ms": frozen_ms, "not_frozen": made.not_frozen}


async def _ensure_cut(world: World, instance_id: str, cuts: Sequence[VolumeCut], *, freeze: bool) -> CutMade:
    wanted = [Cut(LayerId(cut["old"]), LayerId(cut["new"])) for cut in cuts]
    made = CutMade(0.0)
    if wanted:
        try:
            made = await until_answered(world, instance_id, lambda guest: guest.ensure_cut(wanted, freeze=freeze))
        except (DriverError, StepUnknown):
            raise
        except Exception as bug:
            # Only a driver's refusal says that nothing was switched: else what it writes would be lost.
            raise StepUnknown(f"whether the volumes were cut is not known: {bug!r}") from bug

    def publish(connection: Connection) -> None:
        # The guest writes to the new layers from now on: nothing may keep their volumes from having them.
        for cut in cuts:
            volumes.set_head(connection, cut["volume"], cut["new"])
            snapshots.change(connection, cut["snapshot"], layer_id=cut["old"])

    await world.database.write(publish)
    return made


async def attached_since_its_end(world: World, instance_id: str) -> list[str]:
    """The volumes that an instance got after its guest had ended: how it ended says nothing of them.

    None where it has not ended: a guest that stands still has them all.
    """

    def read(connection: Connection) -> list[str]:
        boot = boots.current(connection, instance_id)
        if boot is not None and boot.ended_at is None:
            return []
        attached = volumes.attachments_of(connection, [instance_id]).get(instance_id, [])
        return [one.volume_id for one in attached if boot is None or one.after_boot >= boot.number]

    return await world.database.read(read)


async def ensure_snapshots_completed(
    world: World, cuts: Sequence[WantedCut], how: How, detached: Sequence[str] = ()
) -> None:
    """Afterwards the snapshots are completed, and say how they were cut. Fails where one cannot be read.

    `detached` are the volumes that the guest did not have: `how` says nothing of them.
    """
    await ensure_completed(
        world,
        [cut["snapshot"] for cut in cuts if cut["volume"] not in detached],
        how,
        [cut["snapshot"] for cut in cuts if cut["volume"] in detached],
    )


async def ensure_snapshots_failed(world: World, cuts: Sequence[WantedCut], reason: str) -> None:
    """Afterwards those of the snapshots that are not completed are in error, and say why."""
    await ensure_failed(world, {cut["snapshot"]: reason for cut in cuts})


async def ensure_cuts_kept(world: World, cuts: Sequence[WantedCut]) -> None:
    """Afterwards every overlay that the cuts were to switch to is its volume's head, whether it was switched to or not.

    For cuts of which that is not known, and whose guest ends: what it wrote since is there, and an overlay that it had
    not come to shows what is beneath it.
    """

    def keep(connection: Connection) -> None:
        for cut in cuts:
            volume, overlay = volumes.get(connection, cut["volume"]), layers.get(connection, cut["new"])
            if volume is not None and overlay is not None and overlay.parent_id == volume.head:
                volumes.set_head(connection, volume.id, overlay.id)

    await world.database.write(keep)


async def ensure_overlays_dropped(world: World, cuts: Sequence[WantedCut]) -> None:
    """Afterwards overlays that were made for cuts that were not are gone: what they stand on is written to again."""
    await ensure_dropped(world, [cut["new"] for cut in cuts])
