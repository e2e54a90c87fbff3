"""A guest's disks as QEMU has them: block nodes and devices, on its command line and while it runs."""

import re
from collections.abc import Mapping, Sequence

from kumoniwa.hypervisor.driver import DiskBus, DriverError, GuestDisk, GuestSpec, LayerId
from kumoniwa.hypervisor.qemu.disks import encryption
from kumoniwa.hypervisor.qemu.guest.process.slots import BUS, FIRST_DISK_SLOT
from kumoniwa.refusal import REPORT_IT
from kumoniwa.values import dataclass

LAYERS_FROM_GUEST = "../../layers"
KEY_FROM_GUEST = f"../../{encryption.KEY_FILE}"
DISK_IDS = "disk-"  # what the ids of disks begin with
_MOST_NAMED = 64  # layers below a disk's; QEMU finds further ones by itself: an argument's length has a limit

_LAYER_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,30}")
SERIAL = re.compile(r"[A-Za-z0-9-]{1,20}")


@dataclass(frozen=True, slots=True)
class DiskIo:
    """How QEMU has the host read and write a guest's disks (`io_uring` or `threads`), and why that way: a sentence."""

    name: str
    reason: str


def disk_node(chain: Sequence[LayerId], disk_io: DiskIo, *, encrypted: bool = False) -> dict[str, object]:
    """The block node of a layer, for `-blockdev` and `blockdev-add`: writable, flushes reach the host's disk.

    `chain`: the layer and all that it stands on, top to bottom. QEMU would find that by itself, and read it by threads.
    `encrypted`: they all are.
    """
    layer, *below = chain
    node = _node(layer, disk_io, encrypted) | {"node-name": layer, "discard": "unmap"}
    node["file"] = {**_file(layer, disk_io), "discard": "unmap", "locking": "on"}
    at = node
    for each in below if encrypted else below[:_MOST_NAMED]:  # it would not know what opens an encrypted one
        at["backing"] = at = _node(each, disk_io, encrypted)
    return node


def node_on_top(layer: LayerId, disk_io: DiskIo, *, encrypted: bool = False) -> dict[str, object]:
    """The node of a layer without its backing file, to be set on the node that stands there already."""
    return disk_node([layer], disk_io, encrypted=encrypted) | {"backing": None}


def _node(layer: LayerId, disk_io: DiskIo, encrypted: bool) -> dict[str, object]:
    return {"driver": "qcow2", "file": _file(layer, disk_io), **(encryption.OPENED if encrypted else {})}


def _file(layer: LayerId, disk_io: DiskIo) -> dict[str, object]:
    if not _LAYER_ID.fullmatch(layer):
        raise DriverError(f"{layer!r} cannot be the name of a layer.", way_out=REPORT_IT)
    return {"driver": "file", "filename": f"{LAYERS_FROM_GUEST}/{layer}.qcow2", "aio": disk_io.name}


def disk_id(serial: str) -> str:
    """The id of the device that shows a disk to its guest: by it every server finds the disk again."""
    if not SERIAL.fullmatch(serial):
        raise DriverError(f"{serial!r} cannot be a serial number.", way_out=REPORT_IT)
    return f"{DISK_IDS}{serial}"


def serial_of(device_id: str) -> str | None:
    """The serial number of the disk whose device this is; None where it is no disk's."""
    return device_id.removeprefix(DISK_IDS) if device_id.startswith(DISK_IDS) else None


def disk_device(bus: DiskBus, disk: GuestDisk) -> dict[str, str]:
    """The device that shows a disk's node to its guest, for `-device` and `device_add`."""
    device = {"driver": "nvme", "id": disk_id(disk.serial), "drive": disk.layer, "serial": disk.serial, "bus": BUS}
    if bus is DiskBus.VIRTIO:
        # QEMU's NVMe device has no werror: for it the driver pauses the guest before the host's disk is full.
        device |= {"driver": "virtio-blk-pci", "werror": "enospc"}
    return device


def disk_devices(spec: GuestSpec, slots: Mapping[str, int]) -> list[dict[str, str]]:
    """The devices of all disks; `slots` are those of disks that are not where they would be, by id.

    Ascending slots keep the order: `disks[0]` is nvme0n1 or vda. Only it is booted from (`-boot strict=on`).
    """
    devices = [
        {**disk_device(spec.bus, disk), "addr": f"{slots.get(disk_id(disk.serial), FIRST_DISK_SLOT + index):#x}"}
        for index, disk in enumerate(spec.disks)
    ]
    devices[0]["bootindex"] = "0"
    return devices
