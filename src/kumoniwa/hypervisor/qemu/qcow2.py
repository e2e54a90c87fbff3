"""The header of a qcow2 file, read by ourselves: before any program opens a file that a user brought, and of layers.

A header can name other files of the host (a backing file, a data file), which qemu-img would open without asking.
Of a layer it tells what the layer stands on, and whether the file is as long as its tables need.
Fields: https://www.qemu.org/docs/master/interop/qcow2.html
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kumoniwa.hypervisor.driver import DiskRefused, LayerDamaged

HEADER_BYTES = 104
LARGEST_BYTES = 64 * 1024**4  # EBS's largest volume

_FIELDS = struct.Struct(">4sIQIIQIIQQIIQQQQII")
_MAGIC = b"QFI\xfb"
_DIRTY, _CORRUPT, _EXTERNAL_DATA, _COMPRESSION, _EXTENDED_L2 = (1 << bit for bit in range(5))
_BACKING_FORMAT = 0xE2792ACA  # the type of that extension of the header
_OFFSET = 0x00FF_FFFF_FFFF_FE00  # the bits of a table's entry that are an offset into the file
_COMPRESSED_CLUSTER, _ZERO_CLUSTER = 1 << 62, 1  # in an entry of a table of the second level
_ALLOCATED = 0xFFFF_FFFF  # in the second half of such an entry: which of the cluster's parts are there
_REFERENCE_ORDER = 4  # clusters' references are counted in 2^4 bits, as qemu-img does
_OURS = _DIRTY | _COMPRESSION | _EXTENDED_L2  # features that a layer's file may have
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


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a layer's file says."""

    size_bytes: int
    """Of the disk."""
    backing: str | None
    """The name of the file it stands on, as it is written there."""
    backing_format: str | None
    has_subclusters: bool


def read_header(path: Path) -> Header:
    """The header of a layer's file, once it was seen that the file is as long as its tables need: every cluster that
    they name begins within it.

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
        magic, version, at, length, cluster_bits, size, encryption, l1_size, l1, refcounts, clusters, *rest = (
            _FIELDS.unpack(start[: _FIELDS.size])
        )
        features, reference_order, header_length = rest[2], rest[5], rest[6]
        cluster = 1 << cluster_bits if 9 <= cluster_bits <= 21 else 0
        for wrong, why in (
            (magic != _MAGIC, "is torn: it does not begin as a qcow2 file"),
            (version != 3, f"is a qcow2 file of version {version}, not of 3"),
            (not cluster, f"is torn: its clusters cannot be of 2^{cluster_bits} bytes"),
            (bool(features & _CORRUPT), "is marked as damaged: QEMU found its tables inconsistent"),
            (
                encryption != 0 or bool(features & ~(_DIRTY | _COMPRESSION | _EXTENDED_L2)),
                "is of a kind we do not make",
            ),
            (not HEADER_BYTES <= header_length <= cluster, f"is torn: its header cannot be {header_length} bytes long"),
            (bool(at) and at + length > cluster, "is torn: the name of what it stands on is beyond its first cluster"),
            (not l1 or not refcounts or not clusters, "is torn: its header names no tables"),
        ):
            if wrong:
                raise LayerDamaged(f"{self._name} {why}")
        subclusters = bool(features & _EXTENDED_L2)
        tables = self._table(l1, l1_size * 8, "table of clusters")
        blocks = self._table(refcounts, clusters * cluster, "table of references")
        if reference_order != _REFERENCE_ORDER or self._last_referenced(blocks, cluster) >= self._length:
            # What a QEMU had reserved when it was killed is missing rightly: no table names it.
            for table in filter(None, tables):
                self._check_clusters(table, cluster_bits, subclusters=subclusters)
        if at == 0:
            return Header(size, None, None, subclusters)
        backing = self._at(at, length, "its header").decode(errors="replace")
        return Header(size, backing, self._backing_format(header_length, at), subclusters)

    def _table(self, at: int, length: int, what: str) -> list[int]:
        """A table of offsets, in bytes, once it was seen that what it names begins within the file."""
        table = self._at(at, length, f"its {what}")
        found = [entry & _OFFSET for (entry,) in struct.iter_unpack(">Q", table)]
        self._check_begins(max(found, default=0), what)
        return found

    def _last_referenced(self, blocks: list[int], cluster: int) -> int:
        """Where the last cluster begins that is counted as in use: the quick way to see that none is cut off."""
        width = 1 << _REFERENCE_ORDER >> 3
        for index, block in reversed(list(enumerate(blocks))):
            if block and (counts := self._at(block, cluster, "its counts of references").rstrip(b"\0")):
                return (index * (cluster // width) + (len(counts) - 1) // width) * cluster
        return 0

    def _check_clusters(self, table: int, cluster_bits: int, *, subclusters: bool) -> None:
        """The clusters that one table of the second level names begin within the file."""
        entries = struct.iter_unpack(">QQ" if subclusters else ">Q", self._at(table, 1 << cluster_bits, "its tables"))
        compressed_offset = (1 << 62 - (cluster_bits - 8)) - 1
        last = 0
        for entry, *allocated in entries:
            if entry & _COMPRESSED_CLUSTER:
                last = max(last, entry & compressed_offset)
            elif (allocated[0] & _ALLOCATED) if subclusters else not entry & _ZERO_CLUSTER:
                last = max(last, entry & _OFFSET)
        self._check_begins(last, "tables")

    def _check_begins(self, last: int, what: str) -> None:
        if last >= self._length and last >= self._length_now():  # a guest that writes to it makes it longer
            names = "names" if what.startswith("table of") else "name"
            raise LayerDamaged(f"{self._name} is torn: its {what} {names} byte {last}, and it has {self._length} bytes")

    def _length_now(self) -> int:
        self._length = os.fstat(self._file.fileno()).st_size
        return self._length

    def _backing_format(self, at: int, end: int) -> str | None:
        """From the header's extensions: a type, a length, that many bytes filled up to a multiple of 8."""
        while at + 8 <= end:
            kind, length = struct.unpack(">II", self._at(at, 8, "its header"))
            if kind == 0:
                return None
            if kind == _BACKING_FORMAT:
                return self._at(at + 8, length, "its header").decode(errors="replace")
            at += 8 + (length + 7) // 8 * 8
        return None

    def _at(self, at: int, length: int, what: str) -> bytes:
        if at + length > self._length:
            raise LayerDamaged(f"{self._name} is torn: it ends after {self._length} bytes, within {what}")
        self._file.seek(at)
        return self._file.read(length)
