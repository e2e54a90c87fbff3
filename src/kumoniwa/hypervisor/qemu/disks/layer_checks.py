"""Looking at layers' files: what they stand on, how much they hold, and what is wrong with them."""

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kumoniwa import run
from kumoniwa.hypervisor.driver import BUSY_HOST, DriverError, KnownLayer, LayerDamaged, LayerId, LayerMeasure
from kumoniwa.hypervisor.qemu.disks import encryption
from kumoniwa.hypervisor.qemu.disks.qcow2 import Header, read_header
from kumoniwa.hypervisor.qemu.untrusted import Limits, NotJson, Value, parsed, shown
from kumoniwa.refusal import REPORT_IT

SUFFIX = ".qcow2"
_LONG = 6 * 3600.0  # seconds for a command that reads a whole disk
_LEAKS = 3  # qemu-img check's status: clusters that nothing refers to; harmless
_EXTENT = Limits(bytes=16 * 1024, nested=4, parts=100)
_MOST_ENCRYPTED = 500  # layers of a chain: each is named in one argument of a program, which has 128 KiB at most
_LAYER_FILE = re.compile(r"([A-Za-z][A-Za-z0-9._-]{0,30})\.qcow2")


def path_of(folder: Path, layer: LayerId) -> Path:
    """The file of a layer, absolute. Raises `DriverError` for what cannot be a layer's name."""
    name = f"{layer}{SUFFIX}"
    if not _LAYER_FILE.fullmatch(name):
        raise DriverError(f"{layer!r} cannot be the name of a layer.", way_out=REPORT_IT)
    return folder.absolute() / name  # qemu-img takes a path that begins with a slash for no protocol


def layer_of(path: str) -> LayerId | None:
    """The layer whose file this is, by its name; None where it is no layer's."""
    found = _LAYER_FILE.fullmatch(path.rpartition("/")[2])
    return LayerId(found[1]) if found else None


def parent(path: Path) -> LayerId | None:
    """What a layer stands on, as its file says. Raises `LayerDamaged`."""
    return _parent(path, read_header(path))


def has_subclusters(path: Path) -> bool:
    """Whether the layer's clusters are written in parts. Raises `LayerDamaged` where that cannot be read."""
    return read_header(path).has_subclusters


def is_encrypted(folder: Path, layer: LayerId) -> bool:
    """Whether a layer is encrypted, and so all that it stands on. Raises `LayerDamaged`."""
    return read_header(path_of(folder, layer)).is_encrypted


def check_chain(folder: Path, layer: LayerId) -> list[LayerId]:
    """A quick look at a layer and at all it stands on; gives them, top to bottom. Raises `LayerDamaged`.

    Of layers that stand on each other all are encrypted, or none is.
    """
    seen: list[LayerId] = []
    at: LayerId | None = layer
    encrypted: bool | None = None
    while at is not None:
        if at in seen:
            raise LayerDamaged(f"{at}{SUFFIX} stands on itself, by way of {seen[-1]}{SUFFIX}")
        path = path_of(folder, at)
        header = read_header(path)
        if encrypted not in (None, header.is_encrypted):
            one, other = (seen[-1], at) if encrypted else (at, seen[-1])
            raise LayerDamaged(f"{one}{SUFFIX} is encrypted and {other}{SUFFIX} is not, and one stands on the other")
        seen.append(at)
        at, encrypted = _parent(path, header), header.is_encrypted
    return seen


def image(folder: Path, chain: Sequence[LayerId]) -> list[str]:
    """A layer for qemu-img, after its command: what opens it, if it is encrypted, and the layer with all that it stands
    on; where that is not given, it is opened by itself. Raises `LayerDamaged`, and `DriverError` where what opens it is
    not there."""
    if not is_encrypted(folder, chain[0]):
        return source(folder, chain)
    encryption.check_key(folder)
    return [*encryption.key_option(folder), *source(folder, chain)]


def source(folder: Path, chain: Sequence[LayerId]) -> list[str]:
    """As `image`, without what opens it."""
    encrypted = is_encrypted(folder, chain[0])
    if not encrypted and len(chain) > 1:  # qemu-img finds by itself what it stands on
        return ["-f", "qcow2", str(path_of(folder, chain[0]))]
    if len(chain) > _MOST_ENCRYPTED:
        raise DriverError(
            f"{chain[0]} stands on {len(chain) - 1} encrypted layers, and at most {_MOST_ENCRYPTED - 1} can be opened.",
            way_out="Attach the volume to an instance that runs: the layers of those are put together.",
        )
    return [_node(folder, chain, encrypted=encrypted)]


def _node(folder: Path, chain: Sequence[LayerId], *, encrypted: bool) -> str:
    found: dict[str, object] | None = None
    for layer in reversed(chain):
        file = {"driver": "file", "filename": str(path_of(folder, layer))}
        found = {"driver": "qcow2", "file": file, "backing": found, **(encryption.OPENED if encrypted else {})}
    return f"json:{json.dumps(found)}"


def ensure_durable(folder: Path, layer: LayerId) -> None:
    """See `Disks.ensure_durable`."""
    path = path_of(folder, layer)
    try:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except OSError as failure:
        raise LayerDamaged(f"{path.name} cannot be written to the host's disk: {failure.strerror}") from failure


def check_length(path: Path, file_bytes: int) -> None:
    """See `Disks.check_length`."""
    try:
        length = path.stat().st_size
    except OSError as failure:
        raise LayerDamaged(f"{path.name} cannot be looked at: {failure.strerror}") from failure
    if length < file_bytes:
        raise LayerDamaged(f"{path.name} is torn: it has {length} bytes, and had {file_bytes}")


async def measure(folder: Path, layer: LayerId) -> LayerMeasure:
    """See `Disks.measure`."""
    path = path_of(folder, layer)
    chain = await asyncio.to_thread(check_chain, folder, layer)
    for each in chain:
        # What is measured is promised from then on. A QEMU that was killed has left what it wrote in the host's memory,
        # and the next one flushes only files that it wrote to itself: not before a cut either.
        await asyncio.to_thread(ensure_durable, folder, each)
    own = full = 0

    def count(line: str) -> None:
        """An extent a line: of a disk of terabytes they need not all be kept."""
        nonlocal own, full
        of_extent = extent(path.name, line)
        own, full = own + of_extent.own, full + of_extent.full

    try:
        command = ["qemu-img", "map", "--output=json", "-U", *(await asyncio.to_thread(image, folder, chain))]
        await run.run(command, timeout=_LONG, on_output=count)
        length, sha256 = await asyncio.to_thread(_digest, path)
        return LayerMeasure(own, full, length, sha256)
    except run.ProgramFailed as failure:
        encryption.check_opened(failure)
        raise LayerDamaged(f"{path.name} cannot be read: {shown(failure.stderr.strip()[-300:])}") from failure
    except OSError as failure:
        raise LayerDamaged(f"{path.name} cannot be read: {failure.strerror}") from failure
    except run.ProgramMissing as missing:
        raise DriverError.of(missing) from missing


class Extent(NamedTuple):
    """How many bytes of an extent the layer has itself, and how many are read through it."""

    own: int
    full: int


def extent(name: str, line: str) -> Extent:
    """An extent, from a line of `qemu-img map`. Raises `LayerDamaged` where it makes no sense."""
    text = line.strip().strip("[],")
    what = f"what qemu-img says of the extents of {name}"
    try:
        said = Value(parsed(text.encode(), _EXTENT), what, LayerDamaged) if text else None
    except NotJson as garbage:
        raise LayerDamaged(f"{what} makes no sense: {garbage}") from garbage
    if said is None or not said["data"].flag():
        return Extent(0, 0)
    length = said["length"].count()
    return Extent(0 if said["depth"].count() else length, 0 if said["zero"].flag() else length)


async def faults(folder: Path, layer: LayerId, known: KnownLayer, *, thorough: bool) -> list[str]:
    """See `Disks.faults`."""
    path = path_of(folder, layer)
    try:
        found = await asyncio.to_thread(_quick_faults, path, known)
        if thorough and not found:
            found += await _table_faults(folder, layer)
            if known.sealed_sha256 is not None and known.sealed_sha256 != (await asyncio.to_thread(_digest, path))[1]:
                found.append(f"{path.name} is not what it was when it was measured: its digest differs")
    except LayerDamaged as damage:
        return [damage.what]
    except OSError as unreadable:
        return [f"{path.name} cannot be read: {unreadable.strerror}"]
    return found


def _quick_faults(path: Path, known: KnownLayer) -> list[str]:
    header, length = read_header(path), path.stat().st_size
    found, stands_on = [], _parent(path, header)
    if stands_on != known.parent:
        found.append(f"{path.name} stands on {_name(stands_on)}, not on {_name(known.parent)}")
    if header.size_bytes != known.size_bytes:
        longer = "larger" if header.size_bytes > known.size_bytes else "smaller"
        found.append(f"{path.name} is a {longer} disk, of {header.size_bytes} bytes, than the {known.size_bytes} noted")
    if known.sealed_bytes is not None and length < known.sealed_bytes:
        found.append(f"{path.name} is shorter than it was: {length} bytes, not {known.sealed_bytes}")
    return found


async def _table_faults(folder: Path, layer: LayerId) -> list[str]:
    """What qemu-img finds wrong with the tables of one file; nothing while a guest writes to it."""
    path, check = path_of(folder, layer), ["qemu-img", "check", "-q"]
    # What it stands on is looked at by itself, and must be neither opened nor locked for this.
    file = await asyncio.to_thread(image, folder, [layer])
    try:
        # Without a lock first: writing to a whole file never has to wait for this.
        if await _passes([*check, "-U", *file]):
            return []
        await run.run([*check, *file], timeout=_LONG)
    except run.ProgramFailed as failure:
        if failure.status == _LEAKS or is_locked(failure):
            return []
        encryption.check_opened(failure)
        return [f"{path.name} is damaged, qemu-img check finds: {shown(failure.stderr.strip()[-300:]) or 'errors'}"]
    except run.ProgramMissing as missing:
        raise DriverError.of(missing) from missing
    except TimeoutError as late:
        raise DriverError(f"qemu-img check of {path.name} took too long.", way_out=BUSY_HOST) from late
    return []


async def _passes(command: list[str]) -> bool:
    try:
        await run.run(command, timeout=_LONG)
    except run.ProgramFailed as failure:
        return failure.status == _LEAKS
    return True


def is_locked(failure: run.ProgramFailed) -> bool:
    """Whether qemu-img found the file open in a guest that writes to it."""
    return "lock" in failure.stderr and "another process" in failure.stderr


def _parent(path: Path, header: Header) -> LayerId | None:
    if header.backing is None:
        return None
    layer = layer_of(header.backing)
    if layer is None or "/" in header.backing or header.backing_format != "qcow2":
        what = f"{header.backing!r} of format {header.backing_format}"
        raise LayerDamaged(f"{path.name} says that it stands on {what}, which is no layer")
    return layer


def _name(layer: LayerId | None) -> str:
    return "nothing" if layer is None else f"{layer}{SUFFIX}"


def _digest(path: Path) -> tuple[int, str]:
    """A file's length and its SHA-256."""
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()
