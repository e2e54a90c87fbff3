"""CreateReplaceRootVolumeTask: what is checked and promised; the story `replace_root_volume` does it."""

from datetime import datetime

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.images.boot_modes import boot_mode, boot_preference
from kumoniwa.api.ec2.images.launchable_images import launchable
from kumoniwa.api.ec2.instances.describe_replace_root_volume_tasks import task_output
from kumoniwa.api.ec2.kinds import INSTANCE, REPLACE_ROOT_TASK, SNAPSHOT, VOLUME
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.named.snapshot_lookup import check_not_archived
from kumoniwa.api.ec2.tags import from_specifications
from kumoniwa.api.ec2.tags import write as write_tags
from kumoniwa.api.ec2.volumes.attach_volume import keep_for
from kumoniwa.api.ec2.volumes.encryption import key_for
from kumoniwa.api.ec2.volumes.new_volume import WantedVolume, add_volumes, needed_bytes, new_volume
from kumoniwa.api.ec2.volumes.volume_types import check_bootable
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import (
    IncorrectInstanceState,
    IncorrectState,
    InvalidParameterCombination,
    InvalidParameterValue,
)
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.ids import new_id
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.replace_root_tasks import ReplaceRootState, ReplaceRootTask
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.model.volumes import Volume
from kumoniwa.placement.disk_room import check_room
from kumoniwa.store import images, replace_root, volumes
from kumoniwa.values import dataclass
from kumoniwa.workflows.steps.volumes.root_volumes import FromImage
from kumoniwa.workflows.stories.instances.replace_root_volume import replace_root as replace_root_story
from kumoniwa.workflows.story import submit

NOT_BUILT = (NotBuiltParameter("VolumeInitializationRate", "volume initialization rates"),)
_SOURCES = ("SnapshotId", "ImageId", "VolumeId")  # none of them: what the root was when the instance was launched


@dataclass(frozen=True, slots=True)
class _NewRoot:
    """The volume that is to be the root, and the snapshot that it is made of; None where it was there before."""

    volume: Volume
    snapshot_id: str | None
    becomes: FromImage


@dataclass(frozen=True, slots=True)
class _Source:
    """What a new root volume is made of."""

    snapshot: Snapshot
    size_gib: int
    becomes: FromImage


@action(
    "CreateReplaceRootVolumeTask",
    depth=Depth.PARTLY,
    not_built=NOT_BUILT,
)
async def create_replace_root_volume_task(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a running instance another root volume: as it was launched, of a snapshot of its root or of an
    image, or an existing volume.

    The instance stays `running` and keeps its addresses and other volumes; its guest reboots. No protection of the
    instance forbids it.
    """
    refuse(parameters, NOT_BUILT)
    if len(asked := [name for name in _SOURCES if parameters.get(name)]) > 1:
        raise InvalidParameterCombination(f"The parameters {asked[0]} and {asked[1]} cannot be used together")
    kind = REPLACE_ROOT_TASK.resource_type
    tags = from_specifications(parameters, [kind]).get(kind)
    host = await cloud.world.driver.capacity()

    def create(connection: Connection) -> Answer:
        instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
        if instance.state is not InstanceState.RUNNING:
            raise IncorrectInstanceState(f"The instance '{instance.id}' is not in the 'running' state.")
        old = _root(connection, instance)
        root = _new_root(host, connection, call, instance, old, parameters)
        task = _task(call, instance, old, root, parameters)
        replace_root.add(connection, task)
        write_tags(connection, call, task.id, kind, tags)
        submit(
            connection,
            replace_root_story,
            origin(call),
            task_id=task.id,
            instance_id=instance.id,
            becomes=root.becomes,
            was=_from_image(instance),
        )
        return {"ReplaceRootVolumeTask": task_output(task, tags)}

    return await cloud.change(call, create)


def _task(call: Call, instance: Instance, old: Volume, root: _NewRoot, parameters: Parameters) -> ReplaceRootTask:
    return ReplaceRootTask(
        id=new_id(REPLACE_ROOT_TASK.prefix),
        account=call.account,
        region=call.region,
        instance_id=instance.id,
        state=ReplaceRootState.PENDING,
        started_at=call.at,
        delete_replaced=bool(parameters.get("DeleteReplacedRootVolume")),
        new_volume_id=root.volume.id,
        old_volume_id=old.id,
        image_id=parameters.get("ImageId") or None,
        snapshot_id=root.snapshot_id,
    )


def _root(connection: Connection, instance: Instance) -> Volume:
    """The instance's root volume. Raises the refusal of a second replacement while the first is under way."""
    if any(task.state in replace_root.UNDER_WAY for task in replace_root.of_instance(connection, instance.id)):
        raise IncorrectState(f"The root volume of the instance '{instance.id}' is being replaced already.")
    for attachment, volume in volumes.of_instance(connection, instance.id):
        if attachment.position == 0:
            return volume
    raise IncorrectState(f"The instance '{instance.id}' does not have a root volume.")


def _new_root(
    host: Capacity, connection: Connection, call: Call, instance: Instance, old: Volume, parameters: Parameters
) -> _NewRoot:
    """The existing volume that was asked for, kept for the instance; or a new volume, of the old one's type."""
    if volume_id := parameters.get("VolumeId"):
        volume = named(connection, call.scope, VOLUME, volume_id)
        check_bootable(volume.volume_type)
        keep_for(host, connection, call, volume, instance)
        return _NewRoot(volume, None, _from_image(instance))
    source = _source(connection, call, instance, old, parameters)
    key = key_for(connection, call, source.snapshot, old.encrypted or None, old.kms_key_id)
    wanted = WantedVolume(source.snapshot, source.size_gib, old.volume_type, old.iops, old.throughput, key)
    check_room(host, needed_bytes(wanted))
    new = new_volume(call, old.zone, wanted)
    add_volumes(connection, new)
    return _NewRoot(new.volume, source.snapshot.id, source.becomes)


def _source(connection: Connection, call: Call, instance: Instance, old: Volume, parameters: Parameters) -> _Source:
    """What the request asks the new root to be made of. Raises EC2's refusals."""
    if image_id := parameters.get("ImageId"):
        return _of_image(connection, call, instance, old, image_id)
    if snapshot_id := parameters.get("SnapshotId"):
        snapshot = named(connection, call.scope, SNAPSHOT, snapshot_id)
        _check_of_a_root(connection, instance, old, snapshot)
    elif old.snapshot_id:
        snapshot = named(connection, call.scope, SNAPSHOT, old.snapshot_id)
    else:
        raise InvalidParameterValue(f"The root volume of the instance '{instance.id}' was not made of a snapshot.")
    return _Source(_usable(snapshot, call.at), max(old.size_gib, snapshot.volume_size_gib), _from_image(instance))


def _of_image(connection: Connection, call: Call, instance: Instance, old: Volume, image_id: str) -> _Source:
    """The root volume of an image, of which nothing else is taken."""
    image = launchable(connection, call, image_id)
    if image.architecture != instance.architecture:
        raise InvalidParameterValue(
            f"The architecture '{image.architecture}' of the image '{image.id}' does not match the architecture "
            f"'{instance.architecture}' of the instance '{instance.id}'."
        )
    devices = images.devices_of(connection, [image.id])[image.id]
    root = next((device for device in devices if device.device == image.root_device_name), None)
    if root is None or root.snapshot_id is None:
        raise InvalidParameterValue(f"The image '{image.id}' has no snapshot of a root volume.")
    snapshot = _usable(named(connection, call.scope, SNAPSHOT, root.snapshot_id), call.at)
    size = root.size_gib or snapshot.volume_size_gib
    if size < old.size_gib:
        raise InvalidParameterValue(
            f"The root volume of the image '{image.id}' ({size} GiB) is smaller than the root volume of the instance "
            f"'{instance.id}' ({old.size_gib} GiB)."
        )
    becomes: FromImage = {
        "image_id": image.id,
        "boot_mode": boot_mode(image.boot_mode, INSTANCE_TYPES[instance.instance_type]),
        "preference": boot_preference(image),
        "nvme_only": image.nvme_only,
    }
    return _Source(snapshot, size, becomes)


def _check_of_a_root(connection: Connection, instance: Instance, old: Volume, snapshot: Snapshot) -> None:
    """Raises EC2's refusal of a snapshot of anything but a root volume that the instance has or had."""
    roots = {old.id}
    for task in replace_root.of_instance(connection, instance.id):
        roots |= {task.old_volume_id, task.new_volume_id}
    if snapshot.volume_id not in roots and snapshot.id != old.snapshot_id:
        raise InvalidParameterValue(
            f"Invalid snapshot for root volume for virt {instance.id}. "
            "The snapshot should be of one of the root volumes attached to the instance in the past"
        )


def _usable(snapshot: Snapshot, at: datetime) -> Snapshot:
    if snapshot.state is not SnapshotState.COMPLETED:
        raise IncorrectState(f"Snapshot '{snapshot.id}' is not 'completed'.")
    check_not_archived(snapshot, at)
    return snapshot


def _from_image(instance: Instance) -> FromImage:
    preference = {name: value for name, value in instance.options.items() if name == "BootMode"}
    return {
        "image_id": instance.image_id,
        "boot_mode": instance.boot_mode,
        "preference": preference,
        "nvme_only": instance.nvme_only,
    }
