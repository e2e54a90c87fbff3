"""The header of a qcow2 file, read by ourselves: before any program opens a file that a user brought, and of layers.

A header can name other files of the host (a backing file, a data file), which qemu-img would open without asking.
Of a layer it finds what the layer stands on, and whether the file is as long as its tables need.
Fields: https://www.qemu.org/docs/master/interop/qcow2.html
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO

from kumoniwa.hypervisor.driver import DiskRefused, LayerDamaged
from kumoniwa.values import dataclass

HEADER_BYTES = 104
_MOST_CLUSTERS = 2**25  # of a file that is imported: 2 TiB of qemu-img's usual clusters
LARGEST_BYTES = 64 * 1024**4  # EBS's largest volume
CONVERT = "Convert it first: qemu-img convert -O qcow2."
WHOLE_ONE = "Give one that is whole: qemu-img check and qemu-img info show what is wrong with it."

_FIELDS = struct.Struct(">4sIQIIQIIQQIIQQQQII")
_MAGIC = b"QFI\xfb"
_DIRTY, _CORRUPT, _EXTERNAL_DATA, _COMPRESSION, _EXTENDED_L2 = (1 << bit for bit in range(5))
_PLAIN, _LUKS = 0, 2  # how a file may be encrypted
_BACKING_FORMAT = 0xE2792ACA  # the type of that extension of the header
_OFFSET = 0x00FF_FFFF_FFFF_FE00  # the bits of a table's entry that are an offset into the file
_OURS = _DIRTY | _COMPRESSION | _EXTENDED_L2  # features that a layer's file may have
_LARGEST_TABLE = 32 * 1024 * 1024  # bytes of a table of clusters; QEMU opens none with a larger one
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
_OF_OTHER_FORMATS = {"qcow2": "Give QCOW2 as its format."} | dict.fromkeys(
    ("gzip", "xz", "zstd", "zip"), "Unpack it first."
)


def check_qcow2(header: bytes) -> int:
    """The disk's size in bytes. Raises `DiskRefused` for a file that is none, or that is not whole by itself."""
    if len(header) < HEADER_BYTES or not header.startswith(_MAGIC):
        raise DiskRefused("It is not a qcow2 file.", way_out="Name its own format: qemu-img info says which it is.")
    fields = _FIELDS.unpack(header[: _FIELDS.size])
    version, backing_offset, size, encryption, features = fields[1], fields[2], fields[5], fields[6], fields[13]
    if version == 2:
        features = 0  # that version has no such field
    elif version != 3:
        raise DiskRefused(f"It is a qcow2 file of version {version}; taken are 2 and 3.", way_out=CONVERT)
    damaged = "It is marked as damaged or not closed."
    for wrong, why, way_out in (
        (backing_offset != 0, "It stands on a backing file.", CONVERT),
        (encryption != 0, "It is encrypted.", CONVERT),
        (bool(features & _EXTERNAL_DATA), "Its data is in another file.", CONVERT),
        (bool(features & (_CORRUPT | _DIRTY)), damaged, "Try qemu-img check -r all, on a copy of it."),
        (bool(features & ~(_OURS | _CORRUPT | _EXTERNAL_DATA)), "It is of a newer kind.", CONVERT),
    ):
        if wrong:
            raise DiskRefused(why, way_out=way_out)
    check_size(size)
    return int(size)


def check_clusters(header: bytes, length: int) -> None:
    """Raises `DiskRefused` for a file of more clusters than are looked at: each takes two bytes of qemu-img check."""
    cluster_bits = _FIELDS.unpack(header[: _FIELDS.size])[4]
    if not 9 <= cluster_bits <= 21:
        raise DiskRefused(f"Its clusters cannot be of 2^{cluster_bits} bytes.", way_out=WHOLE_ONE)
    if length >> cluster_bits > _MOST_CLUSTERS:
        raise DiskRefused(
            f"Its clusters, of {1 << cluster_bits} bytes, are too small for its length.",
            way_out=CONVERT,
        )


def check_raw(start: bytes, size: int) -> None:
    """Raises `DiskRefused` for a file that is no raw disk: of another format, or not of whole sectors."""
    for magic, name in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise DiskRefused(f"It is a {name} file, not a raw disk.", way_out=_OF_OTHER_FORMATS.get(name, CONVERT))
    check_size(size)


def check_size(size: int) -> None:
    """Raises `DiskRefused` for a size that no disk has."""
    if size == 0 or size % 512:
        raise DiskRefused(
            f"Its size, {size} bytes, is not a whole number of sectors.",
            way_out="Give one that is whole: truncate --size=%512 adds the zeros that a raw one may lack.",
        )
    if size > LARGEST_BYTES:
        raise DiskRefused(
            f"Its size, {size // 1024**4} TiB, is more than the largest volume, 64 TiB.",
            way_out="Make it smaller: qemu-img resize --shrink.",
        )


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a layer's file says."""

    size_bytes: int
    """Of the disk."""
    backing: str | None
    """The name of the file it stands on, as it is written there."""
    backing_format: str | None
    has_subclusters: bool
    is_encrypted: bool = False


def read_header(path: Path) -> Header:
    """The header of a layer's file, once it was seen that the file is as long as its tables need.

    May be read while a guest writes to it. Raises `LayerDamaged`.
    """
    try:
        with path.open("rb") as file:
            return _Reader(path.name, file).header()
    except FileNotFoundError as missing:
        raise LayerDamaged(f"{path.name} is missing") from missing
    except OSError as unreadable:
        raise LayerDamaged(f"{path.name} cannot be read: {unreadable.strerror}") from unreadable


class _Reader:
    def __init__(self, name: str, file: BinaryIO) -> None:
        self._name = name
        self._file = file
        self._length = os.fstat(file.fileno()).st_size

    def header(self) -> Header:
        start = self._at(0, HEADER_BYTES, "its header")
        magic, version, at, length, cluster_bits, size, encryption, l1_size, l1, refcounts, clusters, *_ = (
            _FIELDS.unpack(start[: _FIELDS.size])
        )
        features, header_length = _FIELDS.unpack(start[: _FIELDS.size])[13], int.from_bytes(start[100:104], "big")
        cluster = 1 << cluster_bits if 9 <= cluster_bits <= 21 else 0
        for wrong, why in (
            (magic != _MAGIC, "is torn: it does not begin as a qcow2 file"),
            (version != 3, f"is a qcow2 file of version {version}, not of 3"),
            (not cluster, f"is torn: its clusters cannot be of 2^{cluster_bits} bytes"),
            (bool(features & _CORRUPT), "is marked as damaged: QEMU found its tables inconsistent"),
            (encryption not in (_PLAIN, _LUKS) or bool(features & ~_OURS), "is of a kind we do not make"),
            (not HEADER_BYTES <= header_length <= cluster, f"is torn: its header cannot be {header_length} bytes long"),
            (bool(at) and at + length > cluster, "is torn: the name of what it stands on is beyond its first cluster"),
            (not l1 or not refcounts or not clusters, "is torn: its header names no tables"),
        ):
            if wrong:
                raise LayerDamaged(f"{self._name} {why}")
        self._check_table(l1, l1_size * 8, "table of clusters")
        self._check_table(refcounts, clusters * cluster, "table of references")
        kind = bool(features & _EXTENDED_L2), encryption == _LUKS
        if at == 0:
            return Header(size, None, None, *kind)
        backing = self._at(at, length, "its header").decode(errors="replace")
        return Header(size, backing, self._backing_format(header_length, at), *kind)

    def _length_now(self) -> int:
        self._length = os.fstat(self._file.fileno()).st_size
        return self._length

    def _check_table(self, at: int, length: int, what: str) -> None:
        """A table of offsets is there, and what it names begins within the file."""
        if length > _LARGEST_TABLE:
            raise LayerDamaged(f"{self._name} is torn: its {what} cannot be {length} bytes long")
        table = self._at(at, length, f"its {what}")
        last = max((entry & _OFFSET for (entry,) in struct.iter_unpack(">Q", table)), default=0)
        if last >= self._length and last >= self._length_now():  # a guest that writes to it makes it longer
            raise LayerDamaged(f"{self._name} is torn: its {what} names byte {last}, and it has {self._length} bytes")

    def _backing_format(self, at: int, end: int) -> str | None:
        """From the header's extensions: a type, a length, that many bytes filled up to a multiple of 8."""
        while at + 8 <= end:
            kind, length = struct.unpack(">II", self._at(at, 8, "its header"))
            if kind == 0:
                return None
            if at + 8 + length > end:
                raise LayerDamaged(f"{self._name} is torn: a part of its header ends beyond it")
            if kind == _BACKING_FORMAT:
                return self._at(at + 8, length, "its header").decode(errors="replace")
            at += 8 + (length + 7) // 8 * 8
        return None

    def _at(self, at: int, length: int, what: str) -> bytes:
        if at + length > self._length:
            raise LayerDamaged(f"{self._name} is torn: it ends after {self._length} bytes, within {what}")
        self._file.seek(at)
        return self._file.read(length)
