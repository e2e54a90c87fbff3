"""Steps that make the files of volumes."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import LayerDamaged
from kumoniwa.model.layers import Layer
from kumoniwa.model.volumes import Attachment, AttachmentState, Volume, VolumeState
from kumoniwa.store import instances, layers, volumes
from kumoniwa.values import dataclass
from kumoniwa.workflows.shared_commits import Rows, begins_with_rows, rows
from kumoniwa.workflows.steps.layers.layer_keys import check_keys
from kumoniwa.workflows.steps.layers.volume_layers import ensure_layers_made, ensure_slow_made, make_files, slow_in
from kumoniwa.workflows.workflow import StepFailed
from kumoniwa.workflows.world import World


@begins_with_rows
async def ensure_file_made(world: World, volume_id: str) -> None:
    """Afterwards the volume has its file, and what it stands on; nothing happens where it is gone.

    Raises `StepFailed` where its key cannot be used.
    """

    def read(connection: Connection) -> str | None:
        if (volume := volumes.get(connection, volume_id)) is None:
            return None
        check_keys(connection, [volume])
        return volume.head

    if (head := await world.database.read(read)) is not None:
        await ensure_layers_made(world, head)


@dataclass(frozen=True, slots=True)
class Launched:
    """The volumes of a new instance, and of each the layers that it stands on, top to bottom."""

    volume_ids: Sequence[str]
    chains: Sequence[Sequence[Layer]]


@begins_with_rows
async def ensure_launched_in_use(world: World, instance_id: str, known: Launched | None = None) -> Rows[None]:
    """Afterwards every volume of the instance has its file and is in use. `known`: as its launch has written them.

    Raises `StepFailed` where the key of one of them cannot be used.
    """

    def read(connection: Connection) -> Launched:
        found = [volume for _, volume in volumes.of_instance(connection, instance_id)]
        check_keys(connection, found)
        return Launched([one.id for one in found], layers.chains(connection, [one.head for one in found]))

    if known is not None and any(layer.encrypted for chain in known.chains for layer in chain):
        known = None
    if known is None:
        for layer_id in slow_in((await world.database.read(read)).chains):
            await ensure_slow_made(world, layer_id)
    async with world.turns.layer_files:
        launched = await world.database.read(read) if known is None else known
        try:
            made = await make_files(world, launched.chains)
        except LayerDamaged:
            if known is None:
                raise
            made = await make_files(world, (await world.database.read(read)).chains)  # one may be shorter by now

    def publish(connection: Connection) -> None:
        layers.note_made(connection, *made)
        for volume_id in launched.volume_ids:
            volumes.move(connection, volume_id, [VolumeState.CREATING], VolumeState.IN_USE)
            volumes.move_attachment(
                connection, volume_id, instance_id, [AttachmentState.ATTACHING], AttachmentState.ATTACHED
            )

    return rows(publish)


@begins_with_rows
async def ensure_files_made_to_start(world: World, instance_id: str) -> None:
    """Afterwards every volume of the instance has its file. Fails for an instance without a root volume."""

    def read(connection: Connection) -> tuple[str, list[tuple[Attachment, Volume]]]:
        instance = instances.get(connection, instance_id)
        assert instance is not None, f"{instance_id} has a workflow and no row"
        attached = volumes.of_instance(connection, instance_id)
        check_keys(connection, [volume for _, volume in attached])
        return instance.root_device_name, attached

    root, attached = await world.database.read(read)
    if not any(one.position == 0 and one.state is not AttachmentState.ATTACHING for one, _ in attached):
        raise StepFailed(
            f"Instance does not have a volume attached at root ({root}).",
            way_out="Attach one there: aws ec2 attach-volume.",
        )
    await ensure_layers_made(world, *(volume.head for _, volume in attached))
