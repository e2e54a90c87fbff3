"""AttachVolume and DetachVolume: what is checked and promised; the workflows of these names do it."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.named.instance_lookup import instance_named
from kumoniwa.api.ec2.named.volume_lookup import volume_named
from kumoniwa.api.ec2.volumes.describe_volumes import attachment_output
from kumoniwa.api.ec2.volumes.device_names import MOST_VOLUMES, is_device_name
from kumoniwa.api.not_built import Unbuilt, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue, OperationNotPermitted
from kumoniwa.ids import new_id
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.volumes import Attachment, AttachmentState, ModificationState, Volume, VolumeState
from kumoniwa.placement.room import NEW_LAYER_BYTES, check_room
from kumoniwa.store import instances, layers, snapshots, volume_modifications, volumes
from kumoniwa.workflows.engine import submit

_UNBUILT = (Unbuilt("EbsCardIndex", "EBS cards", harmless=(0,)),)
_ATTACHABLE = (InstanceState.RUNNING, InstanceState.STOPPED)


@action(
    "AttachVolume",
    depth=Depth.PARTLY,
    unbuilt=_UNBUILT,
)
async def attach_volume(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a volume to an instance that runs or is stopped. It is `in-use` at once, its attachment `attaching`."""
    refuse(parameters, _UNBUILT)
    device: str = parameters["Device"]
    if not is_device_name(device):
        raise InvalidParameterValue(
            f"Value ({device}) for parameter device is invalid. {device} is not a valid EBS device name."
        )

    def attach(connection: Connection) -> Answer:
        volume = volume_named(connection, call, parameters["VolumeId"])
        instance = instance_named(connection, call, parameters["InstanceId"])
        keep_for(cloud, connection, call, volume, instance)
        present = volumes.attachments_of(connection, [instance.id]).get(instance.id, [])
        attachment = Attachment(
            volume_id=volume.id,
            instance_id=instance.id,
            device=device,
            state=AttachmentState.ATTACHING,
            attached_at=call.at,
            delete_on_termination=False,
            position=_position(instance, device, present),
        )
        volumes.attach(connection, attachment)
        submit(connection, "attach_volume", instance.id, origin(call), volume_id=volume.id, instance_id=instance.id)
        return attachment_output(attachment)

    return await cloud.change(call, attach)


@action("DetachVolume")
async def detach_volume(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take a volume from its instance: its attachment is `detaching` until the guest has let it go.

    Asked again with Force, it is taken from a guest that does not.
    """
    force = bool(parameters.get("Force"))

    def detach(connection: Connection) -> Answer:
        volume = volume_named(connection, call, parameters["VolumeId"])
        attachment = _attachment_named(connection, call, volume, parameters)
        instance = instances.get(connection, attachment.instance_id)
        assert instance is not None, f"{volume.id} is attached to an instance without a row"
        if attachment.position == 0 and instance.state is not InstanceState.STOPPED:
            raise Ec2Error(
                "IncorrectState", f"Unable to detach root volume '{volume.id}' from instance '{instance.id}'"
            )
        if attachment.state is not AttachmentState.DETACHING or force:
            volumes.set_attachment_state(connection, volume.id, AttachmentState.DETACHING)
            submit(
                connection,
                "detach_volume",
                instance.id,
                origin(call),
                volume_id=volume.id,
                instance_id=instance.id,
                force=force,
            )
        return {**attachment_output(attachment), "State": str(AttachmentState.DETACHING)}

    return await cloud.change(call, detach)


def keep_for(cloud: Cloud, connection: Connection, call: Call, volume: Volume, instance: Instance) -> None:
    """Make the volume `in-use`, for an instance that is to get it. Raises EC2's refusals.

    Snapshots that were asked for while another instance had it, and whose turn has not come, hold what it holds now.
    """
    _check_attachable(connection, volume, instance)
    new_head = new_id("layer")
    cut = snapshots.cut_waiting(connection, volume, new_head, call.at)
    if unmade := layers.unmade(connection, new_head if cut else volume.head):
        check_room(cloud.world.driver, NEW_LAYER_BYTES * len(unmade))
    volumes.move(connection, volume.id, [VolumeState.AVAILABLE], VolumeState.IN_USE)


def _check_attachable(connection: Connection, volume: Volume, instance: Instance) -> None:
    """Raises EC2's refusals."""
    if volume.state is VolumeState.IN_USE or volumes.attachment_of(connection, [volume.id]):
        raise Ec2Error("VolumeInUse", f"{volume.id} is already attached to an instance")
    if volume.state is not VolumeState.AVAILABLE:
        raise Ec2Error("IncorrectState", f"{volume.id} is not 'available'.")
    modification = volume_modifications.get(connection, volume.id)
    if modification is not None and modification.state is ModificationState.MODIFYING:
        raise OperationNotPermitted(f"Cannot attach volume {volume.id} when it is in modification state: MODIFYING")
    if instance.state not in _ATTACHABLE:
        raise Ec2Error("IncorrectState", f"Instance '{instance.id}' is not 'running'.")
    if volume.zone != instance.zone:
        raise Ec2Error(
            "InvalidVolume.ZoneMismatch",
            f"The volume '{volume.id}' is not in the same availability zone as instance '{instance.id}'",
        )


def _position(instance: Instance, device: str, present: list[Attachment]) -> int:
    """Where the volume comes in the guest's order: behind all others; the root, where it is missing, first of all."""
    if _named(device) in {_named(attachment.device) for attachment in present}:
        raise InvalidParameterValue(
            f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
        )
    if len(present) >= MOST_VOLUMES:
        raise Ec2Error("AttachmentLimitExceeded", f"An instance can have at most {MOST_VOLUMES} volumes")
    if device == instance.root_device_name:
        return 0
    return max((attachment.position for attachment in present), default=0) + 1


def _named(device: str) -> str:
    """The device's name without its folder, which a caller may leave out."""
    return device.removeprefix("/dev/")


def _attachment_named(connection: Connection, call: Call, volume: Volume, parameters: Parameters) -> Attachment:
    """The volume's attachment, which is the one that the call means. Raises EC2's refusals."""
    attachment = volumes.attachment_of(connection, [volume.id]).get(volume.id)
    if attachment is None or volume.state is not VolumeState.IN_USE:
        raise Ec2Error("IncorrectState", f"Volume '{volume.id}' is in the '{volume.state}' state.")
    instance_id, device = parameters.get("InstanceId"), parameters.get("Device")
    if instance_id is not None:
        instance_named(connection, call, instance_id)
    for asked, is_so, as_what in (
        (instance_id, attachment.instance_id, f"to instance '{instance_id}'"),
        (device, attachment.device, f"as device '{device}'"),
    ):
        if asked is not None and asked != is_so:
            raise Ec2Error("InvalidAttachment.NotFound", f"The volume '{volume.id}' is not attached {as_what}.")
    return attachment
