"""A file system of its own for a data folder, as large as a test says, so that the host's disk can become full."""

import os
import subprocess
from pathlib import Path

from kumoniwa.hypervisor.qemu.host.disk_space import free_bytes

MIB = 1 << 20


class SmallDisk:
    """A file system in memory, mounted at `path`. Only root may."""

    def __init__(self, path: Path, mib: int) -> None:
        self.path = path
        path.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "kumoniwa-test", str(path))

    def resize(self, mib: int) -> None:
        _run("mount", "-o", f"remount,size={mib}m", str(self.path))

    def leave(self, mib: int) -> None:
        """Make it so small that this much of it is free."""
        room = os.statvfs(self.path)
        self.resize((room.f_blocks - room.f_bfree) * room.f_frsize // MIB + mib)

    def fill(self, left: int) -> None:
        """Leave this many bytes of it."""
        with (self.path / "filler").open("ab") as filler:
            while (free := free_bytes(self.path)) > left:
                os.posix_fallocate(filler.fileno(), filler.seek(0, os.SEEK_END), free - left)

    def give_back(self, size: int) -> None:
        """Take back this many bytes of what filled it."""
        filler = self.path / "filler"
        os.truncate(filler, filler.stat().st_size - size)

    def empty(self) -> None:
        """Take back what filled it."""
        (self.path / "filler").unlink()

    def unmount(self) -> None:
        _run("umount", "--lazy", str(self.path))


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
