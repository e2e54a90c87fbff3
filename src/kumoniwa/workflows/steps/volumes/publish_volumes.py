"""Steps that publish what became of volumes, and let go of those of an instance that ends."""

from functools import partial

from sqlalchemy import Connection

from kumoniwa.model.volumes import VolumeState
from kumoniwa.store import tags, volumes
from kumoniwa.workflows.shared_commits import Rows, begins_with_rows, rows
from kumoniwa.workflows.steps.layers.keys import is_usable
from kumoniwa.workflows.steps.layers.volume_layers import collect_what_goes
from kumoniwa.workflows.world import World


@begins_with_rows
async def ensure_published_available(world: World, volume_id: str) -> Rows[None]:
    """Afterwards a volume that was being made is `available`."""
    return rows(
        partial(volumes.move, volume_id=volume_id, sources=[VolumeState.CREATING], target=VolumeState.AVAILABLE)
    )


@begins_with_rows
async def ensure_published_in_error(world: World, volume_id: str) -> Rows[None]:
    """Afterwards a volume that could not be made is in `error`: all that can be done with it is to delete it.

    One whose key cannot be used is gone, as on EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
    API_CreateVolume.html (KmsKeyId).
    """

    def fail(connection: Connection) -> None:
        volume = volumes.get(connection, volume_id)
        if volume is None or volume.state is not VolumeState.CREATING:
            return
        if is_usable(connection, volume):
            volumes.move(connection, volume_id, [VolumeState.CREATING], VolumeState.ERROR)
        else:
            volumes.remove(connection, volume_id)
            tags.remove_all(connection, volume_id)

    return rows(fail)


@begins_with_rows
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
