"""DeregisterImage."""

from datetime import datetime

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.images.disable_fast_launch import end_fast_launch
from kumoniwa.api.ec2.images.image_output import PROTECTION_OFF, protection
from kumoniwa.api.ec2.kinds import IMAGE
from kumoniwa.api.ec2.named.image_lookup import image_named
from kumoniwa.api.ec2.snapshots.locked_snapshots import lock_in_force
from kumoniwa.api.registry import action
from kumoniwa.errors import OperationNotPermitted
from kumoniwa.model.images import Image, ImageState
from kumoniwa.store import images, sharing, snapshots, tags
from kumoniwa.workflows.stories.layers.collect_layers import collect_layers
from kumoniwa.workflows.story import submit


@action("DeregisterImage")
async def deregister_image(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take an image back, in whatever state it is, unless it is protected; instances launched from it go on.

    Its snapshots stay, unless they are asked to go too: then those go that no other image needs and no lock keeps.
    """
    image_id: str = parameters["ImageId"]
    IMAGE.check_form([image_id])

    def deregister(connection: Connection) -> Answer:
        _check_unprotected(image_named(connection, call, image_id), call.at)
        sources = [state for state in ImageState if state is not ImageState.DEREGISTERED]
        images.move(connection, image_id, sources, ImageState.DEREGISTERED, deregistered_at=call.at)
        end_fast_launch(connection, call, image_id, force=True)
        sharing.revoke(connection, image_id)
        tags.remove_all(connection, image_id)
        if not parameters.get("DeleteAssociatedSnapshots"):
            return {"Return": True}
        devices = images.devices_of(connection, [image_id]).get(image_id, [])
        ids = dict.fromkeys(device.snapshot_id for device in devices if device.snapshot_id is not None)
        results = [{"SnapshotId": one, "ReturnCode": _delete_snapshot(connection, one, call.at)} for one in ids]
        submit(connection, collect_layers, origin(call))
        return {"Return": True, "DeleteSnapshotResults": results}

    return await cloud.change(call, deregister)


def _check_unprotected(image: Image, at: datetime) -> None:
    """Raises the refusal to deregister what is protected from it."""
    kind = protection(image, at)
    if kind != PROTECTION_OFF:
        raise OperationNotPermitted(
            f"The image '{image.id}' may not be deregistered. Its deregistration protection is '{kind}'."
        )


def _delete_snapshot(connection: Connection, snapshot_id: str, at: datetime) -> str:
    """Delete a snapshot of an image that is no more; gives EC2's word for what became of it."""
    if snapshots.images_using(connection, snapshot_id):
        return "skipped"
    snapshot = snapshots.get(connection, snapshot_id)
    if snapshot is None or lock_in_force(connection, snapshot, at) is not None:
        return "client-error"
    snapshots.remove(connection, snapshot_id)
    sharing.revoke(connection, snapshot_id)
    tags.remove_all(connection, snapshot_id)
    return "success"
