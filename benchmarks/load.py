"""What callers that misbehave cost the others: their median as a ratio to a quiet server's, and memory as one.

    python benchmarks/load.py [--slow 300] [--half-open 10000] [--callers 64] [--seconds 2] [--rounds 3] [--only KIND …]

Loads, one after another, on one server with simulated guests, each made by a process of its own (`flood.py`):

* callers that send half of a request and keep the connection; and more of them than the server holds connections;
* `unsigned`: bodies of 1 MB that nobody signed, `wrong`: bodies of 1 MB whose signature is wrong, `small`: requests of
  some bytes that nobody signed, `leaving`: the same, whose callers do not wait for the answer, `opening`: connections
  that are opened and closed. All of these are sent as fast as the server lets them be.

Meanwhile one caller with a key calls DescribeInstances, on a new connection each time. The misbehaving callers have one
core for themselves, the server and the caller share another: what is measured is how much of the server's time the
others cost, and not how the kernel divides a core among the three. Each load is made and taken away several times, and
its ratio is that of the median of all calls beside it to that of all calls between: a machine that others use meanwhile
blurs both alike. `busy` is the server's own processor time, in percent of the time, beside the load and between.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from callers import Caller, Signed, Signer, until_answered
from processes import Server, free_port, server

_FLOOD = str(Path(__file__).with_name("flood.py"))
_NAMES = {
    "half": "{} half-sent requests",
    "unsigned": "{} callers with unsigned bodies of 1 MB",
    "wrong": "{} callers with wrongly signed bodies of 1 MB",
    "small": "{} callers with small unsigned requests",
    "leaving": "{} callers with small unsigned requests that do not wait",
    "opening": "{} callers that open and close connections",
}
_SETTLES = 1.0  # seconds from the begin of a load to its measurement, and from its end to the next


@contextmanager
def misbehaving(kind: str, port: int, count: int, key: str, core: int) -> Iterator[list[str]]:
    """So many callers of this kind, on this core; afterwards the list holds what they say they did."""
    told: list[str] = []
    command = [sys.executable, _FLOOD, kind, str(port), str(count), key]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
        os.sched_setaffinity(flood.pid, {core})
        assert flood.stdout is not None
        assert flood.stdout.readline() == "ready\n"
        yield told
        told.append(flood.communicate()[0].strip())


@dataclass
class Measured:
    """What calls took, in seconds, and what the server was meanwhile."""

    took: list[float] = field(default_factory=list)
    cpu: float = 0.0
    lasted: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.took)

    @property
    def busy(self) -> float:
        return 100 * self.cpu / self.lasted

    def go_on(self, started: Server, endpoint: str, request: Signed, seconds: float) -> None:
        """Call for so many seconds more, one call after another, on a new connection each."""
        begun, cpu = time.perf_counter(), started.cpu_seconds()
        while (call := time.perf_counter()) < begun + seconds:
            caller = Caller(endpoint)
            caller.send(request)
            caller.close()
            self.took.append(time.perf_counter() - call)
        self.lasted += time.perf_counter() - begun
        self.cpu += started.cpu_seconds() - cpu


def _signer(port: int, folder: Path) -> Signer:
    key = json.loads((folder / "credentials.json").read_text())
    return Signer(f"http://127.0.0.1:{port}", key["access_key_id"], key["secret_access_key"], "us-east-1")


def _until_it_answers(started: Server, port: int, folder: Path) -> Signed:
    endpoint = f"http://127.0.0.1:{port}"

    def ask() -> bytes:
        return Caller(endpoint).send(_signer(port, folder).sign("DescribeInstances"))

    until_answered(ask, lambda: started.process.poll() is None, time.sleep)
    return _signer(port, folder).sign("DescribeInstances")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slow", type=int, default=300)
    parser.add_argument("--half-open", type=int, default=10_000)
    parser.add_argument("--callers", type=int, default=64, help="of each of the other kinds (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of each load (%(default)s)")
    parser.add_argument("--only", nargs="*", help="kinds: " + ", ".join(_NAMES))
    asked = parser.parse_args()
    port, (core, *others) = free_port(), sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {others[0]} if others else {core})  # the server's too: it is our child
    counts = [("half", asked.slow), ("half", asked.half_open)]
    counts += [(kind, asked.callers) for kind in _NAMES if kind != "half"]
    with tempfile.TemporaryDirectory(prefix="kumoniwa-load-") as folder:
        data_dir = Path(folder) / "cloud"
        command = [sys.executable, "-m", "kumoniwa", "serve", "--driver", "simulated"]
        command += ["--port", str(port), "--data-dir", str(data_dir)]
        with server(command, Path(folder) / "log") as started:
            request = _until_it_answers(started, port, data_dir)
            key = json.loads((data_dir / "credentials.json").read_text())["access_key_id"]
            endpoint = f"http://127.0.0.1:{port}"
            first = Measured()
            first.go_on(started, endpoint, request, asked.seconds)
            memory = started.weight().rss
            print(f"quiet: median {first.median * 1000:.1f} ms, {memory:.0f} MB", flush=True)
            for kind, count in counts:
                if asked.only and kind not in asked.only:
                    continue
                quiet, loaded, weighs = Measured(), Measured(), 0.0
                for _ in range(asked.rounds):
                    quiet.go_on(started, endpoint, request, asked.seconds)
                    with misbehaving(kind, port, count, key, core) as told:
                        time.sleep(_SETTLES)
                        loaded.go_on(started, endpoint, request, asked.seconds)
                        weighs = max(weighs, started.weight().rss)
                    time.sleep(_SETTLES)
                print(
                    f"{_NAMES[kind].format(count)}: median x {loaded.median / quiet.median:.2f}"
                    f", memory x {weighs / memory:.2f}, busy {quiet.busy:.0f} % -> {loaded.busy:.0f} % ({told[0]})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
