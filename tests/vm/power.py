"""A file system of its own whose power can be cut: what had not been made durable by then is lost.

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
from pathlib import Path

from kumoniwa.lab.cloud import processes_of

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
_NO_LOG_FLUSH = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH
_WRITE_AND_WAIT = 1 | 2 | 4  # SYNC_FILE_RANGE_WAIT_BEFORE, _WRITE, _WAIT_AFTER
_PAGE = 4096
_OPTIONS = "loop,commit=300,noauto_da_alloc"
_GONE_WITHIN = 30_000  # milliseconds


class Disk:
    """The file system, mounted at `path`."""

    def __init__(self, folder: Path, size: int = 2 << 30) -> None:
        self.path = folder / "disk"
        self._file = folder / "disk.ext4"
        self.path.mkdir()
        with self._file.open("wb") as file:
            file.truncate(size)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(self._file))
        self._mounted = False
        self.mount()

    def mount(self) -> None:
        """Mount it; after a power cut its journal is replayed."""
        _run("mount", "-t", "ext4", "-o", _OPTIONS, str(self._file), str(self.path))
        self._mounted = True

    def power_on_again(self) -> None:
        """After a cut, all processes being gone: checked as a host does it, and mounted."""
        self.unmount()
        _run("e2fsck", "-p", str(self._file), ok=(0, 1))
        self.mount()

    def unmount(self) -> None:
        if self._mounted:
            self.end_processes()
            _run("umount", str(self.path))
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


def _run(*argv: str, ok: tuple[int, ...] = (0,)) -> None:
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode in ok, f"{argv}: {ended.returncode} {ended.stdout}{ended.stderr}"
