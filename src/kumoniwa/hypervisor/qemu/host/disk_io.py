"""How guests' disks are read and written on this host: by io_uring where it works, else by QEMU's threads.

With io_uring what lies in the host's memory is read at once, and not handed to a thread and back: reading 2 GiB above a
snapshot and 10,000 writes of 4k takes 0.15 s of processor time instead of 0.26 s. QEMU may be built without it; a host
may forbid it (`kernel.io_uring_disabled`), as the usual containers do. So it is tried.
"""

import asyncio
import tempfile
from pathlib import Path

from kumoniwa import run
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import DiskIo

_WITHIN = 10.0  # seconds; it takes some milliseconds
_BYTES = 4096


async def disk_io_here() -> DiskIo:
    """The best way that works here, and why that one. Raises `ProgramMissing`; never for a host without io_uring."""
    with tempfile.TemporaryDirectory(prefix="kumoniwa-probe-") as folder:
        file = Path(folder) / "probe.raw"
        await asyncio.to_thread(file.write_bytes, bytes(_BYTES))
        command = ["qemu-img", "bench", "-q", "-c", "1", "-s", str(_BYTES), "-i", "io_uring", "-f", "raw", str(file)]
        try:
            await run.run(command, timeout=_WITHIN)
        except TimeoutError:
            return _threads(f"a test read by io_uring did not end within {_WITHIN:.0f} s")
        except run.ProgramFailed as failure:
            return _threads(failure.stderr.strip().partition("\n")[0] or f"status {failure.status}")
    return DiskIo("io_uring", "a test read by io_uring succeeded")


def _threads(why: str) -> DiskIo:
    return DiskIo("threads", f"reading behind snapshots takes more of the processor: {why}")
