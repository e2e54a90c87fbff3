"""The rows of a machine that is to be prepared of an image, and the workflow that prepares it."""

from collections.abc import Iterable

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import origin
from kumoniwa.ids import new_id
from kumoniwa.model.fast_launch import MachineState, PreparedMachine
from kumoniwa.model.images import Image, ImageDevice
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.placement.disk_room import NEW_LAYER_BYTES
from kumoniwa.store import fast_launch, layers, snapshots
from kumoniwa.workflows.stories.images.prepare_machine import prepare_machine
from kumoniwa.workflows.story import submit

_MIB = 1 << 20


def machine_bytes(memory_mib: int) -> int:
    """What a machine takes of the host's disk at most, its layer's first tables included."""
    return memory_mib * _MIB + NEW_LAYER_BYTES


def root_of(connection: Connection, image: Image, devices: Iterable[ImageDevice]) -> Snapshot | None:
    """The snapshot that root volumes of the image are made of; None where it is not there, or not completed."""
    root = next((device for device in devices if device.device == image.root_device_name), None)
    if root is None or root.snapshot_id is None:
        return None
    snapshot = snapshots.get(connection, root.snapshot_id)
    return None if snapshot is None or snapshot.layer_id is None else snapshot


def prepare(connection: Connection, call: Call, image: Image, root: Snapshot, size: tuple[int, int]) -> None:
    """Write a machine of so many processors and so much memory (MiB), and begin to prepare it. Its disk is as large as
    the snapshot: a root volume is at least so large."""
    vcpus, memory_mib = size
    layer = Layer(new_id("layer"), root.layer_id, root.volume_size_gib * GIB, call.at)
    layers.add(connection, layer)
    machine = PreparedMachine(
        id=new_id("prepared"),
        image_id=image.id,
        vcpus=vcpus,
        memory_mib=memory_mib,
        state=MachineState.PREPARING,
        layer_id=layer.id,
        created_at=call.at,
    )
    fast_launch.add_machine(connection, machine)
    submit(connection, prepare_machine, origin(call), machine_id=machine.id)
