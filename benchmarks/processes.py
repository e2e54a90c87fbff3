"""Servers as processes of their own, and what they weigh."""

import contextlib
import random
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kumoniwa.config import environment_of_a_cloud

_CPUCLOCK_SCHED = 2


def free_port() -> int:
    """A port that nobody listens at, below those that the kernel gives callers: one of them could call itself."""
    while True:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True, slots=True)
class Weight:
    """The memory of a process, in MB (10⁶ bytes): resident, and its share where pages are shared."""

    rss: float
    pss: float


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    process: "subprocess.Popen[bytes]"
    begun: float  # perf_counter
    log: Path

    def alive(self) -> bool:
        return self.process.poll() is None

    def weight(self) -> Weight:
        """What it weighs now."""
        return weight(self.process.pid)

    def cpu_seconds(self) -> float:
        """See below."""
        return cpu_seconds(self.process.pid)


def weight(pid: int) -> Weight:
    """What a process weighs now."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = {name: int(value) for name, value in re.findall(r"^(Rss|Pss): +(\d+) kB", told, re.MULTILINE)}
    return Weight(kib["Rss"] * 1024 / 1e6, kib["Pss"] * 1024 / 1e6)


def cpu_seconds(pid: int) -> float:
    """The processor time a process has used, its threads' included: what a busy machine does not blur."""
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)  # the clock of clock_getcpuclockid(3), to the nanosecond


def environment_with(variables: Mapping[str, str]) -> dict[str, str]:
    """What a server that is measured has in its environment: these beside ours, but not the user's database."""
    return {**environment_of_a_cloud(), **variables}


@contextmanager
def server(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Run a server as long as the block, with these variables beside those of this process."""
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment_with(environment or {}), start_new_session=True
        )
        try:
            yield Server(process, begun, log)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
