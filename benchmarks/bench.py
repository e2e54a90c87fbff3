"""Kumoniwa beside moto and MiniStack, in one run, by the same signed requests: the benchmark that settles arguments.

    scripts/bench [--quick] [--rounds N] [--only table] [--json FILE]

The three servers run at the same time, each as a process of its own that is spoken to over loopback HTTP, and take
turns: Kumoniwa, moto, MiniStack, then the next round, in another order. So whatever else the machine does meanwhile
meets all of them, and a ratio says more than a time. Every figure is the median of the rounds; what half of them lie
between is in the JSON. Processor time is the server process's own.

Kumoniwa's guests are simulated. It verifies every signature, and what it has answered is on disk; its peers keep their
state in memory and verify no signature.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import works
from curves import measure_curves
from guests import measure_guests, read_guests
from machine import machine, versions
from measured import Turn
from progress import Progress
from report import text
from servers import KINDS, Running, instance_ids, running
from works import NotDone, Work

_ROOT = Path(__file__).parent.parent
_KEPT = _ROOT / "build" / "bench" / "bench.json"


class Table:
    """The rows that are measured, as they go into the JSON: by row, server and measure, a value of each round."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, dict[str, list[float]]]] = {}
        self.not_done: dict[str, dict[str, str]] = {}

    def add(self, row: str, server: str, turn: Turn) -> None:
        measures = self.rows.setdefault(row, {}).setdefault(server, {})
        for measure, value in turn.items():
            measures.setdefault(measure, []).append(value)


def _in_turns(rounds: int, servers: Sequence[Running]) -> Sequence[Sequence[Running]]:
    """The servers of each round: another one begins each time."""
    return [[*servers[number % len(servers) :], *servers[: number % len(servers)]] for number in range(rounds)]


def _measure(
    table: Table, work: Work, servers: Sequence[Running], rounds: int, quick: bool, progress: Progress
) -> None:
    for number, turns in enumerate(_in_turns(rounds, servers), 1):
        for server in turns:
            if server.kind.name in table.not_done.get(work.name, {}):
                continue
            progress.say(f"{work.name}: round {number} of {rounds}, {server.kind.title}")
            try:
                table.add(work.name, server.kind.name, work.turn(server, work.quick if quick else work.requests))
            except NotDone as refused:
                table.not_done.setdefault(work.name, {})[server.kind.name] = str(refused)


def measure_table(folder: Path, rounds: int, progress: Progress, *, quick: bool) -> Table:
    """All rows, from the start of the servers to the listing of a thousand instances."""
    table = Table()
    for number in range(rounds):
        for kind in (*KINDS[number % 3 :], *KINDS[: number % 3]):
            progress.say(f"start: round {number + 1} of {rounds}, {kind.title}")
            for row, turn in works.starts(kind, folder / f"{kind.name}-{number}").items():
                table.add(row, kind.name, turn)
    with ExitStack() as stack:
        servers = _started(stack, folder, "one")
        for server in servers:
            server.ids = instance_ids(server.ask("RunInstances", **server.launch(1)))
            server.settle()
            server.rest()
        for work in (*works.WITH_ONE, *works.LAUNCHES):
            _measure(table, work, servers, rounds, quick, progress)
    with ExitStack() as stack:
        servers = _started(stack, folder, "many")
        for server in servers:
            progress.say(f"{works.MANY} instances: {server.kind.title}")
            works.fill(server)
        for work in works.WITH_MANY:
            _measure(table, work, servers, rounds, quick, progress)
    return table


def _started(stack: ExitStack, folder: Path, name: str) -> list[Running]:
    servers = [stack.enter_context(running(kind, folder / f"{kind.name}-{name}")) for kind in KINDS]
    for server in servers:
        server.find_image()
    return servers


def main() -> int:
    """Gives the exit status: not zero where something broke, whatever the figures are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two rounds of few requests: for a look while you work")
    parser.add_argument("--rounds", type=int, help="how often each row is measured (5; with --quick 2)")
    parser.add_argument("--only", choices=["table", "curves"], help="measure this, and leave the other out")
    parser.add_argument("--most", type=int, default=10_000, help="instances of the curves (%(default)s; also 100000)")
    parser.add_argument("--minutes", type=float, default=30, help="after which the curves end where they are")
    parser.add_argument("--guests", action="store_true", help="real guests too: minutes, on a machine that is quiet")
    parser.add_argument("--json", type=Path, default=_KEPT, help="where the figures are written (%(default)s)")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    rounds = asked.rounds or (2 if asked.quick else 5)
    figures: dict[str, object] = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": asked.quick,
        "rounds": rounds,
        "machine": machine(),
        "versions": versions(),
    }
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kumoniwa-bench-") as name, Progress() as progress:
        try:
            if asked.only != "curves":
                table = measure_table(Path(name), rounds, progress, quick=asked.quick)
                figures |= {"table": table.rows, "not done": table.not_done}
            if asked.only != "table" and not asked.quick:
                curves = measure_curves(Path(name), asked.most, asked.minutes, progress)
                figures |= {"curves": curves.points, "launches": curves.launches, "curves ended": curves.ended}
            if asked.guests:
                measure_guests(asked.json.parent, progress)
        except KeyboardInterrupt:
            print("\nInterrupted; the servers have ended.", file=sys.stderr)
            return 130
    figures["took, minutes"] = round((time.monotonic() - begun) / 60, 1)
    if guests := read_guests(asked.json.parent):
        figures["guests"] = guests
    asked.json.write_text(json.dumps(figures, indent=1) + "\n")
    print(text(figures))
    print(f"\nAll figures: {os.path.relpath(asked.json)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
