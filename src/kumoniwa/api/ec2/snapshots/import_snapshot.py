"""ImportSnapshot and DescribeImportSnapshotTasks. EC2 reads disks from S3; this cloud reads files of its host."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import IMPORT_SNAPSHOT_TASK
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.api.filters import Values
from kumoniwa.api.listing import page
from kumoniwa.api.not_built import Unbuilt
from kumoniwa.api.registry import Depth, action
from kumoniwa.clock import precise
from kumoniwa.errors import InvalidParameterValue, MissingParameter, UnsupportedOperation
from kumoniwa.hypervisor.driver import DiskRefused
from kumoniwa.ids import new_id
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.snapshots import ImportState, ImportTask
from kumoniwa.placement.room import check_room
from kumoniwa.store import imports, layers
from kumoniwa.store.tags import tags_of
from kumoniwa.workflows.engine import submit

_FORMATS = {"RAW": "raw", "QCOW2": "qcow2"}
_MOST = 2**16 * GIB  # the largest volume that EC2 has
_LOCAL_ONLY = "Kumoniwa reads disks from this host only: give DiskContainer.Url as file:///path/of/the/disk"
_FILTERS: dict[str, Values[ImportTask]] = {"task-state": lambda task: (task.state,)}


@action(
    "ImportSnapshot",
    depth=Depth.PARTLY,
    missing="The disk is a RAW or QCOW2 file of this host, given as DiskContainer.Url=file:///path. RoleName, "
    "ClientData and DiskContainer.Description are ignored.",
    unbuilt=(
        *(Unbuilt(name, "encrypted snapshots") for name in ("Encrypted", "KmsKeyId")),
        Unbuilt("DiskContainer.UserBucket", "disks in S3"),
    ),
)
async def import_snapshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Begin to make a snapshot of a RAW or QCOW2 file of this host. A file that is no such disk is refused at once."""
    if parameters.get("Encrypted") or parameters.get("KmsKeyId"):
        raise UnsupportedOperation("Kumoniwa has no encrypted snapshots.")
    container = parameters.get("DiskContainer")
    if not container:
        raise MissingParameter("DiskContainer")
    source = _local_file(container)
    format = _format(container)
    kind = IMPORT_SNAPSHOT_TASK.resource_type
    tags = from_specifications(parameters, [kind]).get(kind)
    try:
        facts = await cloud.world.driver.disks.inspect(source, format)
        held = await asyncio.to_thread(_held_bytes, source)
    except DiskRefused as refused:
        raise InvalidParameterValue(f"The disk {source} is refused: {refused}") from refused
    except OSError as failure:
        raise InvalidParameterValue(f"The disk {source} cannot be read: {failure.strerror}.") from failure
    if facts.virtual_bytes > _MOST:
        raise InvalidParameterValue(f"{source} is a disk of {facts.virtual_bytes} bytes; at most {_MOST} are taken.")
    check_room(cloud.world.driver, held)
    task = ImportTask(
        id=new_id(IMPORT_SNAPSHOT_TASK.prefix),
        account=call.account,
        region=call.region,
        snapshot_id=new_id("snap"),
        source=str(source),
        format=format,
        description=parameters.get("Description", ""),
        state=ImportState.ACTIVE,
        progress=0,
        created_at=call.at,
    )
    layer = Layer(new_id("layer"), None, facts.virtual_bytes, call.at)

    def begin(connection: Connection) -> Answer:
        imports.add(connection, task)
        layers.add(connection, layer)  # the workflow names it until the snapshot does
        write(connection, call, task.id, kind, tags)
        submit(connection, "import_snapshot", None, origin(call), task_id=task.id, layer_id=layer.id)
        return task_output(task, tags)

    return await cloud.change(call, begin)


@action("DescribeImportSnapshotTasks")
async def describe_import_snapshot_tasks(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The caller's imports in this region, those that are over included."""
    ids: Sequence[str] | None = parameters.get("ImportTaskIds") or None
    IMPORT_SNAPSHOT_TASK.check_form(ids or ())

    def read(connection: Connection) -> tuple[list[ImportTask], dict[str, dict[str, str]]]:
        found = imports.in_scope(connection, call.account, call.region, ids)
        IMPORT_SNAPSHOT_TASK.check_all_found(ids, {task.id for task in found})
        return found, tags_of(connection, call.account, call.region, IMPORT_SNAPSHOT_TASK.resource_type, ids)

    every, tagged = await cloud.read(read)
    found, token = page(
        call, parameters, every, filters=_FILTERS, key=lambda task: f"{precise(task.created_at)} {task.id}"
    )
    return {"ImportSnapshotTasks": [task_output(task, tagged.get(task.id)) for task in found], "NextToken": token}


def task_output(task: ImportTask, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """An import under EC2's member names. Its snapshot is told once it is there."""
    active, completed = task.state is ImportState.ACTIVE, task.state is ImportState.COMPLETED
    return {
        "Description": task.description,
        "ImportTaskId": task.id,
        "SnapshotTaskDetail": {
            "Description": task.description,
            "Encrypted": False,
            "Format": task.format.upper(),
            "Progress": str(task.progress) if active else None,
            "SnapshotId": task.snapshot_id if completed else None,
            "Status": str(task.state),
            "StatusMessage": "converting" if active else task.status_message or None,
            "Url": Path(task.source).as_uri(),
        },
        "Tags": tag_set(tags),
    }


def _local_file(container: Mapping[str, Any]) -> Path:
    """The file that a DiskContainer names."""
    if container.get("UserBucket"):
        raise UnsupportedOperation(f"{_LOCAL_ONLY}, not UserBucket.")
    if not (url := container.get("Url")):
        raise MissingParameter("DiskContainer.Url")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidParameterValue(f"Value ({url[:200]}) for parameter Url is not a URL.") from None
    path = Path(unquote(parts.path))
    local = parts.scheme == "file" and parts.netloc in ("", "localhost") and not parts.query and not parts.fragment
    if not local or not path.is_absolute() or "\0" in str(path):
        raise InvalidParameterValue(f"Value ({url[:200]}) for parameter Url is invalid. {_LOCAL_ONLY}.")
    return path


def _held_bytes(source: Path) -> int:
    """What a copy of the file takes: its holes take nothing there either."""
    found = source.stat()
    return min(found.st_size, found.st_blocks * 512)


def _format(container: Mapping[str, Any]) -> str:
    """The format that a DiskContainer names, as drivers call it."""
    if not (asked := container.get("Format")):
        raise MissingParameter("DiskContainer.Format")
    if (format := _FORMATS.get(asked.upper())) is None:
        raise InvalidParameterValue(
            f"Value ({asked[:200]}) for parameter Format is invalid. Kumoniwa takes RAW and QCOW2; "
            "other formats can be brought to one of these with qemu-img convert."
        )
    return format
