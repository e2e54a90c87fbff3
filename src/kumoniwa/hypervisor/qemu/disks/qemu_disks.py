"""Layers as qcow2 files, made by qemu-img. No format is ever guessed."""

import asyncio
import contextlib
import errno
import json
import os
import re
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from weakref import WeakValueDictionary

from kumoniwa import run
from kumoniwa.folder import sync_folder
from kumoniwa.hypervisor.driver import (
    BUSY_HOST,
    MAKE_ROOM,
    SEE_DISK,
    DiskFacts,
    DiskRefused,
    DriverError,
    HostExhausted,
    KnownLayer,
    LayerId,
    LayerMeasure,
    LinkRefused,
)
from kumoniwa.hypervisor.qemu.disks import encryption, layer_checks, locks
from kumoniwa.hypervisor.qemu.disks.layer_checks import SUFFIX, path_of
from kumoniwa.hypervisor.qemu.disks.qcow2 import (
    CONVERT,
    HEADER_BYTES,
    WHOLE_ONE,
    check_clusters,
    check_qcow2,
    check_raw,
    read_header,
)
from kumoniwa.hypervisor.qemu.untrusted import Limits, NotJson, Value, parsed, shown
from kumoniwa.ids import is_well_formed

# Of what was measured the quickest for first small writes: 7,030 a second into a file of 16 MiB (64k clusters without
# extended_l2: 2,591 and 250 MiB).
_OPTIONS = "extended_l2=on,cluster_size=128k"
# What stands on another layer may have a chain pulled up into it, and QEMU before 8.1 ends with a failed assertion
# (bdrv_co_do_copy_on_readv: skip_bytes < pnum) where such a file has subclusters. Nor would they do elsewhere: what was
# written at random above a snapshot is read back in order piece by piece, from one file or another. Reading 2 GiB above
# 10,000 writes of 4k, and above eight layers of 1,000 each, takes 0.12 and 0.14 s of processor time with these, 0.16
# and 0.20 s with 64k, 0.11 and 0.11 s with 256k, 0.12 and 0.19 s with subclusters of 64k (in one file 0.09 s). Larger
# ones would cost more than they save: each first write copies the rest of its cluster, on a disk that may be slow. (A
# block of EC2's snapshots has 512 KiB.)
_OVERLAY_OPTIONS = "cluster_size=128k"
_SHORT = 120.0  # seconds for a command that writes only metadata
_LONG = 6 * 3600.0
_TRIES = 8  # of a qemu-img that could not tell how quick the host is
_PERCENT = re.compile(r"\((\d+)\.\d+/100%\)")
_MEASURED = Limits(bytes=16 * 1024, nested=4, parts=100)
_UNFINISHED = ".new"
QUARANTINE = "quarantine"
"""The folder, beside that of the layers, of what was set aside."""


class QcowDisks:
    """The layers in one folder, `<layer>.qcow2` each. A file with that name is whole and durable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turns: WeakValueDictionary[LayerId, asyncio.Lock] = WeakValueDictionary()  # who makes or resizes a layer

    def open(self) -> None:
        """Make the folder, and remove what an earlier server did not finish."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for unfinished in self._folder.glob(f"*{_UNFINISHED}"):
            if is_well_formed(unfinished.name.removesuffix(_UNFINISHED), "layer"):  # anything else is not ours
                unfinished.unlink()

    async def ensure_empty(self, layer: LayerId, size_bytes: int, *, encrypted: bool = False) -> None:
        if not self._path(layer).exists():
            options = await self._options(_OPTIONS, encrypted=encrypted)
            await self._make(layer, ["create", "-q", "-f", "qcow2", *options], [str(size_bytes)])

    async def ensure_overlay(self, layer: LayerId, on: LayerId, size_bytes: int) -> None:
        if self._path(layer).exists():
            return
        await self.ensure_whole(on)
        below = await asyncio.to_thread(read_header, self._path(on))
        # A shorter one would hide the end of what it stands on, where its guest may have written.
        size_bytes = max(size_bytes, below.size_bytes)
        options = await self._options(_OVERLAY_OPTIONS, encrypted=below.is_encrypted)
        # -u: the file beneath is not opened, for a running guest may hold it; so format and size are given.
        backing = ["-u", "-b", self._path(on).name, "-F", "qcow2"]
        await self._make(layer, ["create", "-q", "-f", "qcow2", *options, *backing], [str(size_bytes)])

    async def ensure_encrypted_copy(
        self, layer: LayerId, of: LayerId, size_bytes: int, on_progress: Callable[[int], None]
    ) -> None:
        if not self._path(layer).exists():
            chain = await asyncio.to_thread(layer_checks.check_chain, self._folder, of)
            source = await asyncio.to_thread(layer_checks.source, self._folder, chain)
            command = ["convert", "-p", "-O", "qcow2", *await self._options(_OPTIONS, encrypted=True), *source]
            await self._make(layer, command, [], on_output=_telling(on_progress))
        await self.ensure_size(layer, size_bytes)

    async def inspect(self, source: Path, format: str) -> DiskFacts:
        with _opened(source) as opened:
            return await _inspect(opened, format)

    async def ensure_imported(
        self,
        layer: LayerId,
        source: Path,
        format: str,
        on_progress: Callable[[int], None],
        *,
        encrypted: bool = False,
    ) -> None:
        if self._path(layer).exists():
            return
        with _opened(source) as opened:
            await _inspect(opened, format)
            options = await self._options(_OPTIONS, encrypted=encrypted)
            command = ["convert", "-p", "-O", "qcow2", *options, _by_itself(opened, format)]
            await self._make(layer, command, [], on_output=_telling(on_progress))

    async def ensure_size(self, layer: LayerId, size_bytes: int) -> None:
        path = self._path(layer)
        async with self._turns.setdefault(layer, asyncio.Lock()):
            if (await asyncio.to_thread(read_header, path)).size_bytes >= size_bytes:
                return
            await locks.ensure_released(self._folder, [layer])
            try:
                image = await asyncio.to_thread(layer_checks.image, self._folder, [layer])
                await run.run(["qemu-img", "resize", "-q", *image, str(size_bytes)], timeout=_LONG)
            except run.ProgramFailed as failure:
                if layer_checks.is_locked(failure):
                    raise DriverError(
                        f"{path.name} cannot be resized: a guest has it open.", way_out="Stop its instance first."
                    ) from failure
                encryption.check_opened(failure)
                raise _failure(failure) from failure
            except run.ProgramMissing as missing:
                raise DriverError.of(missing) from missing
            except TimeoutError as late:
                raise _too_long() from late
            await asyncio.to_thread(_sync, path)

    async def ensure_whole(self, layer: LayerId) -> None:
        """A quick look at a layer and at all it stands on. Raises `LayerDamaged`."""
        await asyncio.to_thread(layer_checks.check_chain, self._folder, layer)

    async def parent(self, layer: LayerId) -> LayerId | None:
        return await asyncio.to_thread(layer_checks.parent, self._path(layer))

    async def ensure_durable(self, layer: LayerId) -> None:
        await asyncio.to_thread(layer_checks.ensure_durable, self._folder, layer)

    async def check_length(self, layer: LayerId, file_bytes: int) -> None:
        await asyncio.to_thread(layer_checks.check_length, self._path(layer), file_bytes)

    async def measure(self, layer: LayerId) -> LayerMeasure:
        return await layer_checks.measure(self._folder, layer)

    async def faults(self, layer: LayerId, known: KnownLayer, *, thorough: bool) -> list[str]:
        return await layer_checks.faults(self._folder, layer, known, thorough=thorough)

    async def ensure_deleted(self, layer: LayerId) -> None:
        await asyncio.to_thread(self._path(layer).unlink, missing_ok=True)  # a large file takes its time
        await asyncio.to_thread(sync_folder, self._folder)

    async def ensure_set_aside(self, layer: LayerId) -> None:
        await asyncio.to_thread(_set_aside, self._path(layer), self._folder.with_name(QUARANTINE))

    async def present(self, layers: Collection[LayerId]) -> frozenset[LayerId]:
        return await asyncio.to_thread(lambda: frozenset(layer for layer in layers if self._path(layer).exists()))

    async def all_layers(self) -> frozenset[LayerId]:
        names = (layer_checks.layer_of(path.name) for path in self._folder.glob(f"*{SUFFIX}"))
        return frozenset(layer for layer in names if layer is not None)

    async def _options(self, options: str, *, encrypted: bool) -> list[str]:
        """What qemu-img makes a layer with; an encrypted one with the key, which is made for the first of them."""
        if not encrypted:
            return ["-o", options]
        await asyncio.to_thread(encryption.ensure_key, self._folder)
        return [*encryption.key_option(self._folder), "-o", f"{options},{encryption.CREATED}"]

    def _path(self, layer: LayerId) -> Path:
        return path_of(self._folder, layer)

    async def _make(
        self,
        layer: LayerId,
        command: Sequence[str],
        after: Sequence[str],
        *,
        on_output: Callable[[str], None] | None = None,
    ) -> None:
        """Have qemu-img make a layer under another name, and give it its own once it is whole and durable."""
        async with self._turns.setdefault(layer, asyncio.Lock()):
            if not self._path(layer).exists():  # else another call was quicker
                await self._make_file(layer, command, after, on_output)

    async def _make_file(
        self, layer: LayerId, command: Sequence[str], after: Sequence[str], on_output: Callable[[str], None] | None
    ) -> None:
        unfinished = self._folder / f"{layer}{_UNFINISHED}"
        whole = ["qemu-img", *command, _plain(unfinished), *after]
        try:
            await _run(whole, timeout=_SHORT if on_output is None else _LONG, on_output=on_output)
            await asyncio.to_thread(_publish, unfinished, self._path(layer))
        except run.ProgramFailed as failure:
            encryption.check_opened(failure)
            raise _failure(failure) from failure
        except run.ProgramMissing as missing:
            raise DriverError.of(missing) from missing
        except TimeoutError as late:
            raise _too_long() from late
        finally:
            unfinished.unlink(missing_ok=True)


async def _run(command: Sequence[str], *, timeout: float, on_output: Callable[[str], None] | None) -> None:
    """As `run.run`, and again where the program could not tell how quick the host is. Raises what that raises."""
    for left in reversed(range(_TRIES)):
        try:
            await run.run(command, timeout=timeout, on_output=on_output)
            return
        except run.ProgramFailed as failure:
            if left == 0 or not encryption.is_worth_another_try(failure):
                raise


def _telling(on_progress: Callable[[int], None]) -> Callable[[str], None]:
    """Who reads the lines of a qemu-img that says how far it is."""

    def note(line: str) -> None:
        if found := _PERCENT.search(line):
            on_progress(int(found[1]))

    return note


async def _inspect(source: Path, format: str) -> DiskFacts:
    facts = await asyncio.to_thread(_look, source, format)
    image = _by_itself(source, format)
    try:
        if format == "qcow2":
            await _check(image)
        measure = ["qemu-img", "measure", "--output=json", "-O", "qcow2", "-o", _OPTIONS, image]
        return replace(facts, needed_bytes=needed(await run.run(measure, timeout=_SHORT)))
    except run.ProgramFailed as failure:
        said = shown(failure.stderr.strip()[-300:])
        raise DiskRefused(f"qemu-img measure cannot read it: {said}", way_out=WHOLE_ONE) from failure
    except TimeoutError as late:  # before OSError, which it is too
        raise DiskRefused(
            f"To look at it takes more than {_SHORT:.0f} s.", way_out="Copy it to a disk that is quicker, or less busy."
        ) from late


def needed(measured: str) -> int:
    """The bytes that a copy takes, from what `qemu-img measure` says. Raises `DiskRefused` where it makes no sense."""
    what, refused = "What qemu-img measure says of it", partial(DiskRefused, way_out=WHOLE_ONE)
    try:
        return Value(parsed(measured.encode(), _MEASURED), what, refused)["required"].count()
    except NotJson as garbage:
        raise refused(f"{what} makes no sense: {garbage}") from garbage


def _by_itself(source: Path, format: str) -> str:
    """The disk for qemu-img: of this format and none other, without a file that it could stand on."""
    file = {"driver": "file", "filename": _plain(source)}
    node = {"driver": format, "file": file} | ({"backing": None} if format == "qcow2" else {})
    return f"json:{json.dumps(node)}"


async def _check(image: str) -> None:
    """Raises `DiskRefused` for a damaged disk."""
    try:
        await run.run(["qemu-img", "check", "-q", image], timeout=_SHORT)
    except run.ProgramFailed as found:
        if found.status != 3:  # 3: clusters that nothing refers to; harmless
            said = shown(found.stderr.strip()[-300:])
            way_out = f"Try qemu-img check -r all, on a copy of it. {WHOLE_ONE}"
            raise DiskRefused(f"qemu-img check finds it damaged: {said}", way_out=way_out) from found


def _failure(failure: run.ProgramFailed) -> DriverError:
    if "No space left on device" in failure.stderr:
        return HostExhausted("The host's disk is full.", way_out=MAKE_ROOM)
    said = shown(failure.stderr.strip()[-300:])
    return DriverError(f"qemu-img failed: {said}", way_out=SEE_DISK)


def _too_long() -> DriverError:
    return DriverError("qemu-img took too long.", way_out=BUSY_HOST)


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[Path]:
    """A path of the file that leads to this very file as long as the block runs, whatever takes its name meanwhile.

    Raises `DiskRefused` for what cannot be opened, or is no regular file.
    """
    try:
        file = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as failure:
        if failure.errno == errno.ELOOP:
            raise LinkRefused from failure
        raise DiskRefused(
            f"It cannot be opened: {failure.strerror}.", way_out="Name a file that the server's user may read."
        ) from failure
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise DiskRefused("It is no regular file.", way_out="Name the file that holds the disk.")
        yield Path(f"/proc/{os.getpid()}/fd/{file}")
    finally:
        os.close(file)


def _look(source: Path, format: str) -> DiskFacts:
    """What the file says of itself, without any other program opening it."""
    with source.open("rb") as file:
        start = file.read(HEADER_BYTES)
    if format == "raw":
        check_raw(start, size := source.stat().st_size)
        return DiskFacts("raw", size)
    if format == "qcow2":
        size = check_qcow2(start)
        check_clusters(start, source.stat().st_size)
        return DiskFacts("qcow2", size)
    raise DiskRefused(f"{format} disks are not taken; taken are raw and qcow2.", way_out=CONVERT)


def _plain(path: Path) -> str:
    """A path that qemu-img cannot take for one of its protocols (`nbd:…`): it begins with a slash."""
    return str(path.absolute())


def _publish(unfinished: Path, final: Path) -> None:
    _sync(unfinished)
    unfinished.chmod(0o600)
    unfinished.rename(final)
    sync_folder(final.parent)


def _set_aside(path: Path, quarantine: Path) -> None:
    quarantine.mkdir(exist_ok=True, mode=0o700)
    target, again = quarantine / path.name, 0
    while target.exists():  # one of that name was set aside before
        again += 1
        target = quarantine / f"{path.name}.{again}"
    if path.exists():
        path.rename(target)
        sync_folder(quarantine)
        sync_folder(path.parent)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
