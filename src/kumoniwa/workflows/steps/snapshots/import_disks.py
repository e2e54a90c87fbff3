"""Steps that make a snapshot of a disk file."""

from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.ids import new_uuid
from kumoniwa.model.consistency import Consistency
from kumoniwa.model.layers import GIB
from kumoniwa.model.snapshots import ImportState, ImportTask, Snapshot, SnapshotState
from kumoniwa.store import imports, layers, snapshots
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.steps.layers.layer_keys import check_copy_key
from kumoniwa.workflows.steps.layers.volume_layers import ensure_dropped
from kumoniwa.workflows.steps.snapshots.complete_snapshots import ensure_measured
from kumoniwa.workflows.world import World

NO_VOLUME = "vol-ffffffff"
"""EC2's volume id for snapshots that were not made of a volume."""

_STEP = 5  # percent: progress is written at most twenty times, however often the driver reports it


async def ensure_disk_imported(world: World, task_id: str, layer_id: str) -> None:
    """Afterwards the layer holds what the task's file held. The task says how far it is.

    Raises `StepFailed` where the key that it is to be encrypted under cannot be used.
    """
    task = await world.database.read(partial(_usable_task, task_id=task_id))
    writes = Tasks(f"progress of {task_id}")
    written = 0

    def report(percent: int) -> None:
        nonlocal written
        if percent >= written + _STEP:
            written = percent
            write = partial(imports.change, task_id=task_id, progress=min(percent, 99))
            writes.start(world.database.write(write), f"{percent} %")

    try:
        await world.driver.disks.ensure_imported(
            LayerId(layer_id), Path(task.source), task.format, report, encrypted=task.kms_key_id is not None
        )
    finally:
        await writes.close()


async def ensure_given_up(world: World, task_id: str, layer_id: str, reason: str) -> None:
    """Afterwards the task is over without a snapshot, and says why. What was made of its layer is gone."""
    await world.database.write(
        partial(imports.change, task_id=task_id, state=ImportState.DELETED, status_message=f"ClientError: {reason}")
    )
    await ensure_dropped(world, [layer_id])


async def ensure_snapshot_published(world: World, task_id: str, layer_id: str) -> None:
    """Afterwards the task's snapshot is there, completed, and the task too."""
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        task = _task(connection, task_id)
        if task.state is not ImportState.ACTIVE:
            return  # published in an earlier life; the snapshot may have been deleted since
        layer = layers.get(connection, layer_id)
        assert layer is not None, f"{task_id} has no layer"
        snapshot = Snapshot(
            id=task.snapshot_id,
            account=task.account,
            region=task.region,
            volume_id=NO_VOLUME,
            volume_size_gib=-(-layer.size_bytes // GIB),
            state=SnapshotState.COMPLETED,
            progress=100,
            started_at=task.created_at,
            description=f"Created by AWS-VMImport service for {task_id}",
            layer_id=layer_id,
            completed_at=now,
            consistency=Consistency.CRASH_CONSISTENT,
            consistency_detail="imported from a file; whether its file systems had been unmounted is not known",
            kms_key_id=task.kms_key_id,
            data_key_id=None if task.kms_key_id is None else new_uuid(),
        )
        layers.note_made(connection, layer_id)
        snapshots.add(connection, snapshot)
        imports.change(connection, task_id, state=ImportState.COMPLETED, progress=100)

    await world.database.write(publish)


async def ensure_snapshot_measured(world: World, task_id: str) -> None:
    """Afterwards the task's snapshot knows its size, and its layer what its file is. See `ensure_measured`."""
    task = await world.database.read(partial(_task, task_id=task_id))
    await ensure_measured(world, [task.snapshot_id])


def _usable_task(connection: Connection, task_id: str) -> ImportTask:
    task = _task(connection, task_id)
    check_copy_key(connection, task)
    return task


def _task(connection: Connection, task_id: str) -> ImportTask:
    task = imports.get(connection, task_id)
    assert task is not None, f"{task_id} is not there"
    return task
