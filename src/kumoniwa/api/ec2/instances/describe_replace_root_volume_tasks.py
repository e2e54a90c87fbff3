"""DescribeReplaceRootVolumeTasks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import REPLACE_ROOT_TASK
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.listing import Listing
from kumoniwa.api.registry import action
from kumoniwa.clock import precise
from kumoniwa.model.replace_root_tasks import ReplaceRootTask
from kumoniwa.store import replace_root


def task_output(task: ReplaceRootTask, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """A replacement under EC2's member names."""
    return {
        "CompleteTime": None if task.completed_at is None else _text(task.completed_at),
        "DeleteReplacedRootVolume": task.delete_replaced,
        "ImageId": task.image_id,
        "InstanceId": task.instance_id,
        "ReplaceRootVolumeTaskId": task.id,
        "SnapshotId": task.snapshot_id,
        "StartTime": _text(task.started_at),
        "Tags": tag_set(tags) or [],  # EC2 writes an empty tagSet here
        "TaskState": str(task.state),
    }


def _text(moment: datetime) -> str:
    """A text in EC2's model, with whole seconds."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


_TASKS = Listing[ReplaceRootTask](
    member="ReplaceRootVolumeTasks",
    kind=REPLACE_ROOT_TASK,
    ids="ReplaceRootVolumeTaskIds",
    read=lambda connection, asked: replace_root.in_scope(connection, asked.call.scope, asked.ids),
    row=task_output,
    key=lambda task: f"{precise(task.started_at)} {task.id}",
    filters={"instance-id": lambda task: (task.instance_id,)},
    tagged=True,
    limits=(1, 50),
)


@action("DescribeReplaceRootVolumeTasks")
async def describe_replace_root_volume_tasks(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The replacements of root volumes in this region, by their start."""
    return await _TASKS.answer(cloud, call, parameters)
