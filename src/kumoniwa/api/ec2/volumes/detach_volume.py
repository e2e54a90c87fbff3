"""DetachVolume: what is checked and promised; `workflows/stories/volumes/detach_volume.py` does it."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import INSTANCE, VOLUME
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.volumes.describe_volumes import attachment_output
from kumoniwa.api.registry import action
from kumoniwa.errors import Ec2Error, IncorrectState, MissingParameter
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.volumes import Attachment, AttachmentState, Volume, VolumeState
from kumoniwa.store import instances, volumes
from kumoniwa.workflows.stories.volumes.detach_volume import detach_volume as detach_volume_story
from kumoniwa.workflows.story import submit


@action("DetachVolume")
async def detach_volume(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take a volume from its instance: its attachment is `detaching` until the guest has let it go.

    Asked again with Force, it is taken from a guest that does not.
    """
    force = bool(parameters.get("Force"))

    def detach(connection: Connection) -> Answer:
        volume = named(connection, call.scope, VOLUME, parameters["VolumeId"])
        attachment = _attachment_named(connection, call, volume, parameters)
        instance = instances.get(connection, attachment.instance_id)
        assert instance is not None, f"{volume.id} is attached to an instance without a row"
        if attachment.position == 0 and instance.state is not InstanceState.STOPPED:
            raise IncorrectState(f"Unable to detach root volume '{volume.id}' from instance '{instance.id}'")
        if attachment.state is not AttachmentState.DETACHING or force:
            volumes.set_attachment_state(connection, volume.id, AttachmentState.DETACHING)
            submit(
                connection,
                detach_volume_story,
                origin(call),
                volume_id=volume.id,
                instance_id=instance.id,
                force=force,
            )
        return {**attachment_output(attachment), "State": str(AttachmentState.DETACHING)}

    return await cloud.change(call, detach)


def _attachment_named(connection: Connection, call: Call, volume: Volume, parameters: Parameters) -> Attachment:
    """The volume's attachment, if it is what the call names. Raises EC2's refusals."""
    attachment = volumes.attachment_of(connection, [volume.id]).get(volume.id)
    if attachment is None or volume.state is not VolumeState.IN_USE:
        raise IncorrectState(f"Volume '{volume.id}' is in the '{volume.state}' state.")
    instance_id, device = parameters.get("InstanceId"), parameters.get("Device")
    if instance_id is None and volume.multi_attach:  # "If you are detaching a Multi-Attach enabled volume, you must": M
        raise MissingParameter("InstanceId")
    if instance_id is not None:
        named(connection, call.scope, INSTANCE, instance_id)
    for asked, is_so, as_what in (
        (instance_id, attachment.instance_id, f"to instance '{instance_id}'"),
        (device, attachment.device, f"as device '{device}'"),
    ):
        if asked is not None and asked != is_so:
            raise Ec2Error("InvalidAttachment.NotFound", f"The volume '{volume.id}' is not attached {as_what}.")
    return attachment
