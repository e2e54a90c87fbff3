"""ImportSnapshot. EC2 reads disks from S3; this cloud reads files of its host."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import IMPORT_SNAPSHOT_TASK
from kumoniwa.api.ec2.snapshots.describe_import_snapshot_tasks import task_output
from kumoniwa.api.ec2.snapshots.import_folders import admitted
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.ec2.volumes.encryption import check_asked, key_for
from kumoniwa.api.not_built import NotBuiltParameter
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import MissingParameter, NotBuilt, ValueNotTaken
from kumoniwa.hypervisor.driver import DiskRefused
from kumoniwa.ids import new_id
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.snapshots import ImportState, ImportTask
from kumoniwa.placement.disk_room import NEW_LAYER_BYTES, check_room
from kumoniwa.store import imports, layers
from kumoniwa.workflows.stories.snapshots.import_snapshot import import_snapshot as import_snapshot_story
from kumoniwa.workflows.story import submit

_FORMATS = {"RAW": "raw", "QCOW2": "qcow2"}
_MOST = 2**16 * GIB  # the largest volume that EC2 has
_LOCAL_ONLY = "Disks are read from this host alone: give DiskContainer.Url as file:///path/of/the/disk."


@action(
    "ImportSnapshot",
    depth=Depth.PARTLY,
    missing="The disk is a RAW or QCOW2 file of this host, given as DiskContainer.Url=file:///path, in the folder "
    "imports of the data folder or in one that `kumoniwa serve --import-from` names. RoleName, ClientData and "
    "DiskContainer.Description are ignored.",
    not_built=(NotBuiltParameter("DiskContainer.UserBucket", "disks in S3"),),
)
async def import_snapshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Begin to make a snapshot of a RAW or QCOW2 file of this host.

    A file that is no such disk is refused at once. A key that cannot be used ends the task.
    """
    encrypted, key = parameters.get("Encrypted"), parameters.get("KmsKeyId")
    check_asked(encrypted, key)
    container = parameters.get("DiskContainer")
    if not container:
        raise MissingParameter("DiskContainer")
    source = await asyncio.to_thread(admitted, cloud.world.config, _local_file(container))
    format = _format(container)
    kind = IMPORT_SNAPSHOT_TASK.resource_type
    tags = from_specifications(parameters, [kind]).get(kind)
    try:
        facts = await cloud.world.driver.disks.inspect(source, format)
        need = facts.needed_bytes if facts.needed_bytes is not None else await asyncio.to_thread(_held_bytes, source)
    except DiskRefused as refused:
        raise ValueNotTaken(f"The disk {source} is refused: {refused.what}", way_out=refused.way_out) from refused
    except OSError as failure:
        raise ValueNotTaken(
            f"The disk {source} cannot be read: {failure.strerror}.",
            way_out="Name a file that the server's user may read.",
        ) from failure
    if facts.virtual_bytes > _MOST:
        raise ValueNotTaken(
            f"{source} is a disk of {facts.virtual_bytes} bytes; at most {_MOST} are taken.",
            way_out="Make it smaller: qemu-img resize --shrink.",
        )
    check_room(await cloud.world.driver.capacity(), NEW_LAYER_BYTES + need)
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

    def begin(connection: Connection) -> Answer:
        under = replace(task, kms_key_id=key_for(connection, call, None, encrypted, key))
        layer = Layer(new_id("layer"), None, facts.virtual_bytes, call.at, encrypted=under.kms_key_id is not None)
        imports.add(connection, under)
        layers.add(connection, layer)  # the workflow names it until the snapshot does
        write(connection, call, task.id, kind, tags)
        submit(connection, import_snapshot_story, origin(call), task_id=task.id, layer_id=layer.id)
        return task_output(under, tags)

    return await cloud.change(call, begin)


def _local_file(container: Mapping[str, Any]) -> Path:
    """The file that a DiskContainer names."""
    if container.get("UserBucket"):
        raise NotBuilt("disks in S3", way_out=_LOCAL_ONLY)
    if not (url := container.get("Url")):
        raise MissingParameter("DiskContainer.Url")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueNotTaken(f"Value ({url[:200]}) for parameter Url is not a URL.", way_out=_LOCAL_ONLY) from None
    path = Path(unquote(parts.path))
    local = parts.scheme == "file" and parts.netloc in ("", "localhost") and not parts.query and not parts.fragment
    if not local or not path.is_absolute() or "\0" in str(path):
        raise ValueNotTaken(f"Value ({url[:200]}) for parameter Url is invalid.", way_out=_LOCAL_ONLY)
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
        raise ValueNotTaken(
            f"Value ({asked[:200]}) for parameter Format is invalid.",
            way_out="Kumoniwa takes RAW and QCOW2: qemu-img convert makes one of these of other formats.",
        )
    return format
