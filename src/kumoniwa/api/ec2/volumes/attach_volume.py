"""AttachVolume: what is checked and promised; `workflows/stories/volumes/attach_volume.py` does it."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import INSTANCE, VOLUME
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.volumes.describe_volumes import attachment_output
from kumoniwa.api.ec2.volumes.device_names import MOST_VOLUMES, is_device_name
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import (
    AttachmentLimitExceeded,
    Ec2Error,
    IncorrectState,
    InvalidParameterValue,
    NotBuilt,
    OperationNotPermitted,
    VolumeInUse,
)
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.ids import new_id
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.volumes import Attachment, AttachmentState, ModificationState, Volume, VolumeState
from kumoniwa.placement.disk_room import NEW_LAYER_BYTES, check_room
from kumoniwa.store import boots, layers, snapshots, volume_modifications, volumes
from kumoniwa.workflows.stories.volumes.attach_volume import attach_volume as attach_volume_story
from kumoniwa.workflows.story import submit

_NOT_BUILT = (NotBuiltParameter("EbsCardIndex", "EBS cards", harmless=(0,)),)
_SECOND_INSTANCE = "attachments of a Multi-Attach enabled volume to a second instance"
_ATTACHABLE = (InstanceState.RUNNING, InstanceState.STOPPED)


@action(
    "AttachVolume",
    depth=Depth.PARTLY,
    missing="A Multi-Attach enabled volume is attached to one instance at a time.",
    not_built=_NOT_BUILT,
)
async def attach_volume(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a volume to an instance that runs or is stopped. It is `in-use` at once, its attachment `attaching`."""
    refuse(parameters, _NOT_BUILT)
    device: str = parameters["Device"]
    if not is_device_name(device):
        raise InvalidParameterValue(
            f"Value ({device}) for parameter device is invalid. {device} is not a valid EBS device name."
        )

    host = await cloud.world.driver.capacity()

    def attach(connection: Connection) -> Answer:
        volume = named(connection, call.scope, VOLUME, parameters["VolumeId"])
        instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
        keep_for(host, connection, call, volume, instance)
        present = volumes.attachments_of(connection, [instance.id]).get(instance.id, [])
        attachment = Attachment(
            volume_id=volume.id,
            instance_id=instance.id,
            device=device,
            state=AttachmentState.ATTACHING,
            attached_at=call.at,
            delete_on_termination=False,
            position=_position(instance, device, present),
            after_boot=boots.latest_number(connection, instance.id),
        )
        volumes.attach(connection, attachment)
        submit(connection, attach_volume_story, origin(call), volume_id=volume.id, instance_id=instance.id)
        return attachment_output(attachment)

    return await cloud.change(call, attach)


def keep_for(host: Capacity, connection: Connection, call: Call, volume: Volume, instance: Instance) -> None:
    """Make the volume `in-use`, for an instance that is to get it. Raises EC2's refusals.

    Snapshots that were asked for while another instance had it, and whose turn has not come, hold what it holds now.
    """
    _check_attachable(connection, volume, instance)
    new_head = new_id("layer")
    cut = snapshots.cut_waiting(connection, volume, new_head, call.at)
    if unmade := layers.unmade(connection, new_head if cut else volume.head):
        check_room(host, NEW_LAYER_BYTES * len(unmade))
    volumes.move(connection, volume.id, [VolumeState.AVAILABLE], VolumeState.IN_USE)


def _check_attachable(connection: Connection, volume: Volume, instance: Instance) -> None:
    """Raises EC2's refusals."""
    attachment = volumes.attachment_of(connection, [volume.id]).get(volume.id)
    if volume.multi_attach and attachment is not None and attachment.instance_id != instance.id:
        raise NotBuilt(
            _SECOND_INSTANCE,
            way_out=f"Detach it from {attachment.instance_id} first.",
        )
    if volume.state is VolumeState.IN_USE or attachment is not None:
        raise VolumeInUse(f"{volume.id} is already attached to an instance")
    if volume.state is not VolumeState.AVAILABLE:
        raise IncorrectState(f"{volume.id} is not 'available'.")
    modification = volume_modifications.get(connection, volume.id)
    if modification is not None and modification.state is ModificationState.MODIFYING:
        raise OperationNotPermitted(f"Cannot attach volume {volume.id} when it is in modification state: MODIFYING")
    if instance.state not in _ATTACHABLE:
        raise IncorrectState(f"Instance '{instance.id}' is not 'running'.")
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
        raise AttachmentLimitExceeded(MOST_VOLUMES)
    if device == instance.root_device_name:
        return 0
    return max((attachment.position for attachment in present), default=0) + 1


def _named(device: str) -> str:
    """The device's name without its folder, which a caller may leave out."""
    return device.removeprefix("/dev/")
