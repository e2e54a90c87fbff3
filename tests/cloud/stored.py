"""Rows that tests of images, snapshots and volumes begin with, and workflows that they look for."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from kumoniwa.config import DEFAULT_ACCOUNT, DEFAULT_REGION
from kumoniwa.model.images import Image, ImageDevice, ImageState
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.model.volumes import Attachment, Volume, VolumeState
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store import images, layers, snapshots, volumes
from kumoniwa.store.rows import all_of
from kumoniwa.store.tables.workflows import workflows

AT = datetime(2026, 1, 1, tzinfo=UTC)


def hexadecimal(number: int) -> str:
    """The part of an id behind its dash."""
    return f"{number:017x}"


def add_snapshot(connection: Connection, number: int, **columns: Any) -> str:
    """A completed snapshot of 8 GiB on a layer of its own."""
    layer = Layer(f"layer-{number}", None, 8 * GIB, AT)
    layers.add(connection, layer)
    snapshot = Snapshot(
        id=f"snap-{hexadecimal(number)}",
        account=DEFAULT_ACCOUNT,
        region=DEFAULT_REGION,
        volume_id=f"vol-{hexadecimal(number)}",
        volume_size_gib=8,
        state=SnapshotState.COMPLETED,
        progress=100,
        started_at=AT,
        description=f"snapshot {number}",
        layer_id=layer.id,
        completed_at=AT,
    )
    snapshots.add(connection, replace(snapshot, **columns))
    return snapshot.id


def add_image(connection: Connection, number: int, *snapshot_ids: str, **columns: Any) -> str:
    """An available image whose devices are these snapshots."""
    image = Image(
        id=f"ami-{hexadecimal(number)}",
        account=DEFAULT_ACCOUNT,
        region=DEFAULT_REGION,
        name=f"image {number}",
        description=None,
        state=ImageState.AVAILABLE,
        architecture="x86_64",
        root_device_name="/dev/xvda",
        created_at=AT,
    )
    devices = [
        ImageDevice(image.id, position, f"/dev/xvd{'abcdef'[position]}", snapshot_id)
        for position, snapshot_id in enumerate(snapshot_ids)
    ]
    images.add(connection, replace(image, **columns), devices)
    return image.id


def add_volume(connection: Connection, number: int, attachment: Attachment | None = None, **columns: Any) -> str:
    """A volume of 8 GiB on a layer of its own."""
    layer = Layer(f"head-{number}", None, 8 * GIB, AT)
    layers.add(connection, layer)
    volume = Volume(
        id=f"vol-{hexadecimal(number)}",
        account=DEFAULT_ACCOUNT,
        region=DEFAULT_REGION,
        zone=f"{DEFAULT_REGION}b",
        size_gib=8,
        volume_type="gp3",
        iops=3000,
        throughput=125,
        snapshot_id="",
        state=VolumeState.AVAILABLE if attachment is None else VolumeState.IN_USE,
        created_at=AT,
        head=layer.id,
    )
    volumes.add(connection, replace(volume, **columns))
    if attachment is not None:
        volumes.attach(connection, attachment)
    return volume.id


def workflows_on(connection: Connection, resource_id: str) -> list[WorkflowRow]:
    """Every workflow that ever claimed a resource, in order."""
    query = select(workflows).where(workflows.c.subject == resource_id).order_by(workflows.c.sequence)
    return all_of(WorkflowRow, connection, query)
