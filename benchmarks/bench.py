"""Kumoniwa beside moto and MiniStack, in one run, by the same signed requests: the benchmark that settles arguments.

    scripts/bench [--quick] [--rounds N] [--only table] [--guests] [--json FILE]

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
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from curves import measure_curves
from guests import measure_guests, read_guests
from machine import machine, versions
from progress import Progress
from report import text
from table import measure_table

_KEPT = Path(__file__).parent.parent / "build" / "bench"


def main() -> int:
    """Gives the exit status: not zero where something broke, whatever the figures are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two rounds of few requests: for a look while you work")
    parser.add_argument("--rounds", type=int, help="how often each row is measured (5; with --quick 2)")
    parser.add_argument("--only", choices=["table", "curves", "guests"], help="measure this, and leave out the rest")
    parser.add_argument("--most", type=int, default=10_000, help="instances of the curves (%(default)s; also 100000)")
    parser.add_argument("--minutes", type=float, default=30, help="after which the curves end where they are")
    parser.add_argument("--guests", action="store_true", help="real guests too: minutes, on a machine that is quiet")
    parser.add_argument("--json", type=Path, help="where the figures are written (build/bench/bench.json)")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    kept: Path = asked.json or _KEPT / f"{asked.only or 'bench'}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Any] = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": asked.quick,
        "rounds": asked.rounds or (2 if asked.quick else 5),
        "machine": machine(),
        "versions": versions(),
    }
    try:
        with tempfile.TemporaryDirectory(prefix="kumoniwa-bench-") as name, Progress() as progress:
            for part in _parts(asked, Path(name), figures, progress):
                figures |= part
                kept.write_text(json.dumps(figures, indent=1) + "\n")
    except KeyboardInterrupt:
        print("\nInterrupted; the servers have ended.", file=sys.stderr)
        return 130
    print(text(figures))
    print(f"\nAll figures: {os.path.relpath(kept)}")
    return 0


def _parts(
    asked: argparse.Namespace, folder: Path, figures: Mapping[str, Any], progress: Progress
) -> Iterator[Mapping[str, Any]]:
    """What is measured, in parts: what an interruption or a failure comes after is kept."""
    if asked.only in (None, "table"):
        table = measure_table(folder, figures["rounds"], progress, quick=asked.quick)
        yield {"table": table.rows, "not done": table.not_done}
    if asked.only == "curves" or (asked.only is None and not asked.quick):
        for curves in measure_curves(folder, asked.most, asked.minutes, progress):
            yield {"curves": curves.points, "launches": curves.launches, "curves ended": curves.ended}
    if asked.guests or asked.only == "guests":
        measure_guests(_KEPT, progress)
    if guests := read_guests(_KEPT):
        yield {"guests": guests}


if __name__ == "__main__":
    sys.exit(main())
