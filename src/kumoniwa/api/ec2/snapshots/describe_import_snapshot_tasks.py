"""DescribeImportSnapshotTasks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import IMPORT_SNAPSHOT_TASK
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.listing import Listing
from kumoniwa.api.registry import action
from kumoniwa.clock import precise
from kumoniwa.model.snapshots import ImportState, ImportTask
from kumoniwa.store import imports


def task_output(task: ImportTask, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """An import under EC2's member names. Its snapshot is named once it exists."""
    active, completed = task.state is ImportState.ACTIVE, task.state is ImportState.COMPLETED
    return {
        "Description": task.description,
        "ImportTaskId": task.id,
        "SnapshotTaskDetail": {
            "Description": task.description,
            "Encrypted": task.kms_key_id is not None,
            "Format": task.format.upper(),
            "KmsKeyId": task.kms_key_id,
            "Progress": str(task.progress) if active else None,
            "SnapshotId": task.snapshot_id if completed else None,
            "Status": str(task.state),
            "StatusMessage": "converting" if active else task.status_message or None,
            "Url": Path(task.source).as_uri(),
        },
        "Tags": tag_set(tags),
    }


_TASKS = Listing[ImportTask](
    member="ImportSnapshotTasks",
    kind=IMPORT_SNAPSHOT_TASK,
    ids="ImportTaskIds",
    read=lambda connection, asked: imports.in_scope(connection, asked.call.scope, asked.ids),
    row=task_output,
    key=lambda task: f"{precise(task.created_at)} {task.id}",
    filters={"task-state": lambda task: (task.state,)},
    tagged=True,
    limits=(1, 1000),  # of the upper one nothing is known: EC2's usual
)


@action("DescribeImportSnapshotTasks")
async def describe_import_snapshot_tasks(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The caller's imports in this region, including those that have ended."""
    return await _TASKS.answer(cloud, call, parameters)
