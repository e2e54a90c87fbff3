"""The header of a qcow2 file, read by ourselves before any program opens a file that a user brought.

A header can name other files of the host (a backing file, a data file), which qemu-img would open without asking.
Fields: https://www.qemu.org/docs/master/interop/qcow2.html
"""

import struct

from kumoniwa.hypervisor.driver import DiskRefused

HEADER_BYTES = 104
LARGEST_BYTES = 64 * 1024**4  # EBS's largest volume

_FIELDS = struct.Struct(">4sIQIIQIIQQIIQQQQII")
_MAGIC = b"QFI\xfb"
_DIRTY, _CORRUPT, _EXTERNAL_DATA, _COMPRESSION, _EXTENDED_L2 = (1 << bit for bit in range(5))
_OTHER_FORMATS = {
    _MAGIC: "qcow2",
    b"KDMV": "VMDK",
    b"# Disk DescriptorFile": "VMDK",
    b"conectix": "VHD",
    b"vhdxfile": "VHDX",
    b"QED\0": "QED",
    b"<<< ": "VDI",
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}


def check_qcow2(header: bytes) -> int:
    """The disk's size in bytes. Raises `DiskRefused` for a file that is none, or that is not whole by itself."""
    if len(header) < HEADER_BYTES or not header.startswith(_MAGIC):
        raise DiskRefused("it is not a qcow2 file")
    fields = _FIELDS.unpack(header[: _FIELDS.size])
    version, backing_offset, size, encryption, features = fields[1], fields[2], fields[5], fields[6], fields[13]
    if version == 2:
        features = 0  # that version has no such field
    elif version != 3:
        raise DiskRefused(f"it is a qcow2 file of version {version}; taken are 2 and 3")
    for wrong, why in (
        (backing_offset != 0, "it stands on a backing file; make it whole first: qemu-img convert -O qcow2"),
        (encryption != 0, "it is encrypted"),
        (bool(features & _EXTERNAL_DATA), "its data is in another file"),
        (bool(features & (_CORRUPT | _DIRTY)), "it is marked as damaged or not closed; try: qemu-img check -r all"),
        (bool(features & ~(_DIRTY | _CORRUPT | _EXTERNAL_DATA | _COMPRESSION | _EXTENDED_L2)), "it is of a newer kind"),
    ):
        if wrong:
            raise DiskRefused(why)
    check_size(size)
    return int(size)


def check_raw(start: bytes, size: int) -> None:
    """Raises `DiskRefused` for a file that is no raw disk: of another format, or not of whole sectors."""
    for magic, name in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise DiskRefused(f"it is a {name} file, not a raw disk")
    check_size(size)


def check_size(size: int) -> None:
    """Raises `DiskRefused` for a size that no disk has."""
    if size == 0 or size % 512:
        raise DiskRefused(f"its size, {size} bytes, is not a whole number of sectors")
    if size > LARGEST_BYTES:
        raise DiskRefused(f"its size, {size // 1024**4} TiB, is more than the largest volume, 64 TiB")
