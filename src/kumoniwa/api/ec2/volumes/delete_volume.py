"""DeleteVolume."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import VOLUME
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.registry import action
from kumoniwa.errors import IncorrectState, VolumeInUse
from kumoniwa.model.volumes import VolumeState
from kumoniwa.store import tags, volumes
from kumoniwa.workflows.stories.layers.collect_layers import collect_layers
from kumoniwa.workflows.story import submit

_DELETABLE = (VolumeState.AVAILABLE, VolumeState.ERROR)


@action("DeleteVolume")
async def delete_volume(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a volume that no instance has. Its snapshots stay; what only it held is collected afterwards."""

    def delete(connection: Connection) -> Answer:
        volume = named(connection, call.scope, VOLUME, parameters["VolumeId"])
        attachment = volumes.attachment_of(connection, [volume.id]).get(volume.id)
        if attachment is not None:
            raise VolumeInUse(f"Volume {volume.id} is currently attached to {attachment.instance_id}")
        if volume.state not in _DELETABLE:
            raise IncorrectState(f"The volume '{volume.id}' is '{volume.state}'")
        volumes.remove(connection, volume.id)
        tags.remove_all(connection, volume.id)
        submit(connection, collect_layers, origin(call))
        return None

    return await cloud.change(call, delete)
