"""Steps that make the files of an instance's volumes and release the volumes when the instance ends."""

from functools import partial

from sqlalchemy import Connection

from kumoniwa.model.volumes import AttachmentState, VolumeState
from kumoniwa.store import tags, volumes
from kumoniwa.workflows.steps.layers.volume_layers import collect_what_goes, ensure_layers_made
from kumoniwa.workflows.world import World


async def ensure_volumes_made(world: World, instance_id: str) -> None:
    """Afterwards every volume of the instance has its file and is in use."""
    found = await world.database.read(partial(volumes.of_instance, instance_id=instance_id))
    for _, volume in found:
        await ensure_layers_made(world, volume.head)

    def publish(connection: Connection) -> None:
        for _, volume in found:
            volumes.move(connection, volume.id, [VolumeState.CREATING], VolumeState.IN_USE)
            volumes.move_attachment(
                connection, volume.id, instance_id, [AttachmentState.ATTACHING], AttachmentState.ATTACHED
            )

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
    await collect_what_goes(world, instance=instance_id)
