"""The simulated driver's disks."""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import (
    DiskFacts,
    DiskRefused,
    DriverError,
    KnownLayer,
    LayerDamaged,
    LayerId,
    LayerMeasure,
    LinkRefused,
)
from kumoniwa.hypervisor.simulated.faults import Faults
from kumoniwa.hypervisor.simulated.layer import FileSystem, Layer
from kumoniwa.hypervisor.simulated.simulated_layers import Layers
from kumoniwa.refusal import REPORT_IT

_SMALL = 1 << 20
"""Files up to this size are read, to remember what was imported by its digest; of larger ones the facts do."""
_SUPERBLOCK = 1 << 10
"""Bytes: as large as ext4's. Mounting a disk is writing to it."""
_ANOTHER = "Give one that is whole, and its own format: qemu-img info says which it is."
_CONVERT = "Convert it first: qemu-img convert -O qcow2."


class SimulatedDisks:
    """The layers of a simulated world. See `kumoniwa.hypervisor.driver.Disks` for the promises."""

    def __init__(self, layers: Layers, clock: Clock, faults: Faults, import_seconds: float) -> None:
        self._layers = layers
        self._clock = clock
        self._faults = faults
        self._import_seconds = import_seconds
        self._aside: set[LayerId] = set()

    async def ensure_empty(self, layer: LayerId, size_bytes: int, *, encrypted: bool = False) -> None:
        """No file tells what a simulated layer holds, encrypted or not."""
        await self._faults.enter("ensure_empty")
        if layer not in self._layers:
            self._layers.add(Layer(layer, size_bytes))
        await self._faults.point("ensure_empty")

    async def ensure_overlay(self, layer: LayerId, on: LayerId, size_bytes: int) -> None:
        await self._faults.enter("ensure_overlay")
        if layer not in self._layers:
            self._layers.add(Layer(layer, size_bytes, parent=on))
        elif (stands_on := self._layers[layer].parent) != on:
            raise DriverError(f"Layer {layer} exists and stands on {stands_on}, not on {on}.", way_out=REPORT_IT)
        await self._faults.point("ensure_overlay")

    async def ensure_encrypted_copy(
        self, layer: LayerId, of: LayerId, size_bytes: int, on_progress: Callable[[int], None]
    ) -> None:
        await self._faults.enter("ensure_encrypted_copy")
        if layer not in self._layers:
            on_progress(50)
            await self._faults.point("ensure_encrypted_copy")
            self._layers.copy(layer, of, size_bytes)
        await self._faults.point("ensure_encrypted_copy")
        on_progress(100)

    async def inspect(self, source: Path, format: str) -> DiskFacts:
        await self._faults.enter("inspect")
        facts = await asyncio.to_thread(_facts, source, format)
        await self._faults.point("inspect")
        return facts

    async def ensure_imported(
        self,
        layer: LayerId,
        source: Path,
        format: str,
        on_progress: Callable[[int], None],
        *,
        encrypted: bool = False,
    ) -> None:
        """A simulated guest cannot run what is in the file: its size and its digest or name are kept, no more."""
        await self._faults.enter("ensure_imported")
        if layer not in self._layers:
            facts = await asyncio.to_thread(_facts, source, format)
            origin = await asyncio.to_thread(_origin, source, format)
            for percent in (25, 50, 75):
                await self._faults.point("ensure_imported")
                if self._import_seconds > 0:
                    await self._clock.sleep(self._import_seconds / 3)
                on_progress(percent)
            await self._faults.point("ensure_imported")
            if layer not in self._layers:  # another call may have been quicker while this one slept
                self._layers.add(Layer(layer, facts.virtual_bytes, origin=origin, filesystem=FileSystem.CLEAN))
            await self._faults.point("ensure_imported")
        on_progress(100)

    async def ensure_size(self, layer: LayerId, size_bytes: int) -> None:
        await self._faults.enter("ensure_size")
        if self._layers[layer].size_bytes < size_bytes:
            if self._layers.is_open(layer):
                raise DriverError(f"Layer {layer} is open for writing by a guest.", way_out="Stop its instance first.")
            self._layers.grow(layer, size_bytes)
        await self._faults.point("ensure_size")

    async def parent(self, layer: LayerId) -> LayerId | None:
        await self._faults.enter("parent")
        self._check_readable(layer)
        return self._layers[layer].parent

    async def ensure_durable(self, layer: LayerId) -> None:
        await self._faults.enter("ensure_durable")
        self._check_readable(layer)

    async def check_length(self, layer: LayerId, file_bytes: int) -> None:
        await self._faults.enter("check_length")
        if layer not in self._layers:
            raise LayerDamaged(f"{layer}.qcow2 is missing")
        if (length := _bytes(_written(self._layers, layer))) < file_bytes:
            raise LayerDamaged(f"{layer}.qcow2 is torn: it has {length} bytes, and had {file_bytes}")

    async def measure(self, layer: LayerId) -> LayerMeasure:
        await self._faults.enter("measure")
        self._layers.check_whole(layer)
        own, shown = _written(self._layers, layer), self._layers.shown(layer)
        blank = self._layers.filesystem(layer) is FileSystem.BLANK
        return LayerMeasure(_bytes(own), _bytes(shown) + (0 if blank else _SUPERBLOCK), _bytes(own), _digest(own))

    async def faults(self, layer: LayerId, known: KnownLayer, *, thorough: bool) -> list[str]:
        await self._faults.enter("faults")
        try:
            self._check_readable(layer)
        except LayerDamaged as damage:
            return [damage.what]
        found, file = [], self._layers[layer]
        if file.parent != known.parent:
            found.append(f"{layer}.qcow2 stands on {_name(file.parent)}, not on {_name(known.parent)}")
        if file.size_bytes != known.size_bytes:
            longer = "larger" if file.size_bytes > known.size_bytes else "smaller"
            found.append(
                f"{layer}.qcow2 is a {longer} disk, of {file.size_bytes} bytes, than the {known.size_bytes} noted"
            )
        own = _written(self._layers, layer)
        if known.sealed_bytes is not None and _bytes(own) < known.sealed_bytes:
            found.append(f"{layer}.qcow2 is shorter than it was: {_bytes(own)} bytes, not {known.sealed_bytes}")
        elif thorough and known.sealed_sha256 not in (None, _digest(own)):
            found.append(f"{layer}.qcow2 is not what it was when it was measured: its digest differs")
        return found

    async def ensure_deleted(self, layer: LayerId) -> None:
        await self._faults.enter("ensure_deleted")
        if layer in self._layers:
            self._layers.remove(layer)
        await self._faults.point("ensure_deleted")

    def _check_readable(self, layer: LayerId) -> None:
        """Raises `LayerDamaged` where this layer itself is missing or torn."""
        if layer not in self._layers:
            raise LayerDamaged(f"{layer}.qcow2 is missing")
        if self._layers.is_torn(layer):
            raise LayerDamaged(f"{layer}.qcow2 is torn: it cannot be read")

    async def ensure_set_aside(self, layer: LayerId) -> None:
        self._aside.add(layer)  # not on disk: the next server sets it aside again

    async def present(self, layers: Collection[LayerId]) -> frozenset[LayerId]:
        await self._faults.enter("present")
        return frozenset(layer for layer in layers if layer in self._layers and layer not in self._aside)

    async def all_layers(self) -> frozenset[LayerId]:
        await self._faults.enter("all_layers")
        return self._layers.ids() - self._aside


def _name(layer: LayerId | None) -> str:
    return "nothing" if layer is None else f"{layer}.qcow2"


def _written(layers: Layers, layer: LayerId) -> Mapping[str, bytes]:
    """What was written to this layer itself: files and, where it was mounted or unmounted, the file system's state."""
    state = layers[layer].filesystem
    if state in (None, FileSystem.BLANK):
        return layers.own(layer)
    return {**layers.own(layer), "": str(state).encode().ljust(_SUPERBLOCK, b"\0")}


def _bytes(files: Mapping[str, bytes]) -> int:
    return sum(map(len, files.values()))


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0{len(files[path])}\0".encode() + files[path])
    return digest.hexdigest()


def _facts(source: Path, format: str) -> DiskFacts:
    """What the file's size and first bytes say. The qcow2 header: QEMU's docs/interop/qcow2.txt."""
    if source.is_symlink():
        raise LinkRefused
    try:
        with source.open("rb") as file:
            size, header = source.stat().st_size, file.read(32)
    except OSError as error:
        raise _unreadable(error) from error
    match format:
        case "raw":
            if size == 0 or size % 512:
                raise DiskRefused(f"Its size, {size} bytes, is not a whole number of sectors.", way_out=_ANOTHER)
            return DiskFacts("raw", size)
        case "qcow2":
            if len(header) < 32 or header[:4] != b"QFI\xfb":
                raise DiskRefused("It is not a qcow2 file.", way_out=_ANOTHER)
            if int.from_bytes(header[8:16], "big"):
                raise DiskRefused("It stands on a backing file.", way_out=_CONVERT)
            return DiskFacts("qcow2", int.from_bytes(header[24:32], "big"))
    raise DiskRefused(f"{format} disks are not taken; taken are raw and qcow2.", way_out=_CONVERT)


def _unreadable(error: OSError) -> DiskRefused:
    return DiskRefused(f"It cannot be read: {error.strerror}.", way_out="Name a file that the server's user may read.")


def _origin(source: Path, format: str) -> str:
    try:
        size = source.stat().st_size
        digest = f", sha256 {hashlib.sha256(source.read_bytes()).hexdigest()}" if size <= _SMALL else ""
    except OSError as error:
        raise _unreadable(error) from error
    return f"{source.name}, {format}, {size} bytes{digest}"
