"""Servers as processes of their own, and what they weigh."""

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


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

    def told_seconds(self, action: str, last: int) -> list[float]:
        """How long the last calls of an action took by Kumoniwa's own log, reading and writing the socket left out."""
        facts = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [fact["seconds"] for fact in facts if fact.get("event") == "answered" and fact["call"] == action][-last:]


def weight(pid: int) -> Weight:
    """What a process weighs now."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = {name: int(value) for name, value in re.findall(r"^(Rss|Pss): +(\d+) kB", told, re.MULTILINE)}
    return Weight(kib["Rss"] * 1024 / 1e6, kib["Pss"] * 1024 / 1e6)


def cpu_seconds(pid: int) -> float:
    """The processor time a process has used, its threads' included: what a busy machine does not blur."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


@contextmanager
def server(command: Sequence[str], log: Path) -> Iterator[Server]:
    """Run a server as long as the block."""
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
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
