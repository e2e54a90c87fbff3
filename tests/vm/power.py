"""A file system of its own whose power can be cut: what had not been made durable by then is lost.

It can also be photographed: what had been made durable by then is copied, and everything goes on. A photograph is what
a power cut at that instant would have left, for what lies in the page cache, and in the journal's memory, is not in the
file that is copied.

It is ext4 in a file, and goes down by ext4's own ioctl without its journal being flushed: what lies in the page cache,
and what its journal holds in memory, never reaches the file. Tried as root: a file that was synced is there after the
next mount, one that was not is gone. It commits by itself only every five minutes, and gives files that take another's
place no help (`noauto_da_alloc`), so that nothing but what was asked for makes anything durable.
"""

import ctypes
import fcntl
import os
import select
import signal
import struct
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from photograph import copy_sparsely, standing_still

from kumoniwa.folder import processes_of

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
_NO_LOG_FLUSH = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH
_WRITE_AND_WAIT = 1 | 2 | 4  # SYNC_FILE_RANGE_WAIT_BEFORE, _WRITE, _WAIT_AFTER
_PAGE = 4096
_OPTIONS = "loop,commit=300,noauto_da_alloc"
_GONE_WITHIN = 30_000  # milliseconds
_BUSY = 32  # umount's status, for any failure to unmount
_PHOTOGRAPHS_TRIED = 100


class Disk:
    """The file system, mounted at `path`."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.path = folder / "disk"
        self.file = file
        self.path.mkdir()
        self._mounted = False

    @classmethod
    def new(cls, folder: Path, size: int = 2 << 30) -> "Disk":
        """An empty one, mounted."""
        disk = cls(folder, folder / "disk.ext4")
        with disk.file.open("wb") as file:
            file.truncate(size)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(disk.file))
        disk.mount()
        return disk

    def mount(self) -> None:
        """Mount it; after a power cut its journal is replayed."""
        _run("mount", "-t", "ext4", "-o", _OPTIONS, str(self.file), str(self.path))
        self._mounted = True

    def power_on_again(self) -> None:
        """After a cut, all processes being gone: checked as a host does it, and mounted."""
        self.unmount()
        _run("e2fsck", "-p", str(self.file), ok=(0, 1))
        self.mount()

    def unmount(self) -> None:
        if self._mounted:
            until = time.monotonic() + _GONE_WITHIN / 1000
            while True:
                self.end_processes()  # one that ends may just have begun another
                if _run("umount", str(self.path), ok=(0, _BUSY)) == 0 or time.monotonic() > until:
                    break
            assert not os.path.ismount(self.path), f"{self.path} is busy"
            self._mounted = False

    def end_processes(self) -> None:
        """No process works in it any more: a power cut ends them all."""
        for pid in processes_of(self.path):
            try:
                ended = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            try:
                signal.pidfd_send_signal(ended, signal.SIGKILL)
                poll = select.poll()
                poll.register(ended, select.POLLIN)
                assert poll.poll(_GONE_WITHIN), f"process {pid} does not end"
            finally:
                os.close(ended)


def cut(folder: Path) -> None:
    """The power of this folder's file system fails, this instant."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))


def photograph(folder: Path, file: Path, copy: Path) -> None:
    """Copy what this folder's file system, which is in that file, has on its disk at this instant.

    Every process that writes to the folder stands still meanwhile, this one first: a child of it does the work. Where
    the file system itself still writes (a commit that somebody waits for), the copy is made again when it has ended.
    """
    others = processes_of(folder)
    parent = os.getpid()
    if (child := os.fork()) == 0:
        status = 1
        try:
            with standing_still([parent, *others]):
                status = 0 if _copied_at_rest(folder, file, copy) else 2
        finally:
            os._exit(status)  # nothing of what the parent does at its end is done by its child
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, f"{file} could not be photographed"


def _copied_at_rest(folder: Path, file: Path, copy: Path) -> bool:
    """Copy the file; whether its disk was at rest for once meanwhile."""
    for _ in range(_PHOTOGRAPHS_TRIED):
        before = _writes(folder)
        copy_sparsely(file, copy)
        if before == _writes(folder) and not before.in_flight:
            return True
    return False


class _Writes(NamedTuple):
    done: int
    in_flight: int


def _writes(folder: Path) -> _Writes:
    """The write requests that the folder's disk has had, and those it has not answered yet."""
    device = folder.stat().st_dev
    numbers = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat").read_text().split()
    return _Writes(int(numbers[4]), int(numbers[8]))


def write_first_page(path: Path) -> None:
    """Write back a file's first page and nothing else of it, as the kernel may at any moment without being asked."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        offset, length = ctypes.c_int64(0), ctypes.c_int64(_PAGE)
        if libc.sync_file_range(descriptor, offset, length, _WRITE_AND_WAIT):
            raise OSError(ctypes.get_errno(), "sync_file_range")
    finally:
        os.close(descriptor)


def _run(*argv: str, ok: tuple[int, ...] = (0,)) -> int:
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode in ok, f"{argv}: {ended.returncode} {ended.stdout}{ended.stderr}"
    return ended.returncode
