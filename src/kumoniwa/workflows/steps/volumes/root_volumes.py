"""Steps that give an instance another root volume, and the old one again where that fails."""

from dataclasses import replace
from functools import partial
from typing import NotRequired, TypedDict

from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.model.boots import Cause
from kumoniwa.model.replace_root_tasks import ReplaceRootState, ReplaceRootTask
from kumoniwa.model.volumes import AttachmentState, VolumeState
from kumoniwa.store import boots, instances, replace_root, tags, volumes
from kumoniwa.store.journal import Origin
from kumoniwa.workflows.steps.instances import guests
from kumoniwa.workflows.steps.layers.layer_keys import check_keys
from kumoniwa.workflows.steps.layers.volume_layers import collect_what_goes, ensure_layers_made
from kumoniwa.workflows.workflow import StepFailed, StepUnknown
from kumoniwa.workflows.world import World

_ANOTHER_TASK = "Create another task: aws ec2 create-replace-root-volume-task."


class FromImage(TypedDict):
    """What an instance's row has of the image that its root volume is from."""

    image_id: str
    boot_mode: str | None
    preference: dict[str, str]
    """What else the API shows of the boot mode (`api/ec2/images/boot_modes.py`)."""
    nvme_only: NotRequired[bool]
    """A workflow from before this was written leaves the instance as it is."""


async def ensure_new_root_made(world: World, task_id: str) -> None:
    """Afterwards the volume that is to become the root has its files."""

    def head(connection: Connection) -> str:
        volume = volumes.get(connection, _task(connection, task_id).new_volume_id)
        if volume is None:
            raise StepFailed("The replacement volume does not exist.", way_out=_ANOTHER_TASK)
        check_keys(connection, [volume])
        return volume.head

    await ensure_layers_made(world, await world.database.read(head))


async def ensure_published_in_progress(world: World, task_id: str) -> None:
    """Afterwards the task says that volumes are being exchanged."""
    await _move(world, task_id, ReplaceRootState.PENDING, ReplaceRootState.IN_PROGRESS)


async def ensure_published_failing(world: World, task_id: str) -> None:
    """Afterwards the task says that it is failing."""
    await _move(world, task_id, ReplaceRootState.IN_PROGRESS, ReplaceRootState.FAILING)


async def ensure_root_replaced(world: World, task_id: str, becomes: FromImage) -> None:
    """Afterwards the new volume is the instance's root. The old one is attached nowhere, and still kept in use."""
    await _exchange(world, task_id, becomes, back=False)


async def ensure_root_put_back(world: World, task_id: str, was: FromImage, origin: Origin) -> None:
    """Afterwards the old volume is the instance's root; where it was replaced before, the guest is off.

    Tried again later where the guest does not answer: it may write to the new volume, which is to go.
    """

    def replaced(connection: Connection) -> tuple[str, bool]:
        task = _task(connection, task_id)
        return task.instance_id, task.new_volume_id in volumes.attachment_of(connection, [task.new_volume_id])

    instance_id, is_new = await world.database.read(replaced)
    if is_new:
        try:
            await guests.ensure_off(world, instance_id, Cause.ACTION, origin, skip_os_shutdown=True)
        except DriverError as failure:
            raise StepUnknown(failure.what) from failure
        await _exchange(world, task_id, was, back=True)


async def ensure_replacement_succeeded(world: World, task_id: str) -> None:
    """Afterwards the task has succeeded; the old root volume is available, or deleted where that was asked for."""
    now = world.clock.now()

    def publish(connection: Connection) -> bool:
        task = _task(connection, task_id)
        if replace_root.move(
            connection, task_id, [ReplaceRootState.IN_PROGRESS], ReplaceRootState.SUCCEEDED, completed_at=now
        ):
            if task.delete_replaced:
                volumes.remove(connection, task.old_volume_id)
                tags.remove_all(connection, task.old_volume_id)
            else:
                volumes.move(connection, task.old_volume_id, [VolumeState.IN_USE], VolumeState.AVAILABLE)
        return task.delete_replaced

    if await world.database.write(publish):
        await collect_what_goes(world, task=task_id)


async def ensure_replacement_failed(world: World, task_id: str) -> None:
    """Afterwards the task has failed. The volume that was to be the new root is no more, or available as before."""
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        unfinished = [ReplaceRootState.PENDING, ReplaceRootState.FAILING]
        if replace_root.move(connection, task_id, unfinished, ReplaceRootState.FAILED, completed_at=now):
            task = _task(connection, task_id)
            if task.makes_volume:
                volumes.remove(connection, task.new_volume_id)
                tags.remove_all(connection, task.new_volume_id)
            else:
                volumes.move(connection, task.new_volume_id, [VolumeState.IN_USE], VolumeState.AVAILABLE)

    await world.database.write(publish)
    await collect_what_goes(world, task=task_id)


async def _exchange(world: World, task_id: str, becomes: FromImage, *, back: bool) -> None:
    """Let one volume take the other's place, in one transaction."""
    now = world.clock.now()

    def exchange(connection: Connection) -> None:
        task = _task(connection, task_id)
        old, new = task.old_volume_id, task.new_volume_id
        leaving, coming = (new, old) if back else (old, new)
        attached = volumes.attachment_of(connection, [leaving, coming])
        if (there := attached.get(coming)) is not None and there.instance_id == task.instance_id:
            return
        place = attached.get(leaving)
        if place is None or place.instance_id != task.instance_id or place.position != 0:
            raise StepFailed(
                f"The volume '{leaving}' is not the root volume of '{task.instance_id}' any more.",
                way_out=_ANOTHER_TASK,
            )
        volumes.detach(connection, leaving)
        made_now = task.makes_volume and not back
        if made_now and not volumes.move(connection, coming, [VolumeState.CREATING], VolumeState.IN_USE):
            raise StepFailed(f"The volume '{coming}' is gone.", way_out=_ANOTHER_TASK)
        last = boots.latest_number(connection, task.instance_id)
        given = replace(place, volume_id=coming, state=AttachmentState.ATTACHED, attached_at=now, after_boot=last)
        volumes.attach(connection, given)
        _become(connection, task.instance_id, becomes)

    await world.database.write(exchange)


def _become(connection: Connection, instance_id: str, becomes: FromImage) -> None:
    """Write into the instance's row what comes of the image of its root volume."""
    instance = instances.get(connection, instance_id)
    assert instance is not None, f"{instance_id} has a workflow and no row"
    kept = {name: value for name, value in instance.options.items() if name != "BootMode"}
    instances.change(
        connection,
        instance_id,
        image_id=becomes["image_id"],
        boot_mode=becomes["boot_mode"],
        nvme_only=becomes.get("nvme_only", instance.nvme_only),
        options={**kept, **becomes["preference"]},
    )


async def _move(world: World, task_id: str, source: ReplaceRootState, target: ReplaceRootState) -> None:
    await world.database.write(partial(replace_root.move, task_id=task_id, sources=[source], target=target))


def _task(connection: Connection, task_id: str) -> ReplaceRootTask:
    task = replace_root.get(connection, task_id)
    assert task is not None, f"{task_id} has a workflow and no row"
    return task
