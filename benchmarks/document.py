"""Write docs/performance.md and its plots from docs/performance.json: `scripts/performance` is the door.

    scripts/performance                          write the page and the plots again
    scripts/performance build/bench/bench.json   take these figures first; of several files, what the later ones have

The plots are drawn by matplotlib in the peers' environment. Each has the digest of the figures that it was drawn from,
so whether they are stale is known without it.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from growth_aims import Judged, growth, on_guests
from report import HEADINGS, Figures, by_size, lines, not_done

_ROOT = Path(__file__).parent.parent
_DOCS = _ROOT / "docs"
FIGURES = _DOCS / "performance.json"
PAGE = _DOCS / "performance.md"
PLOTS = {
    "performance-ratios.svg": "Each row's time, as a ratio to each peer's",
    "performance-growth.svg": "What calls cost as the cloud grows",
    "performance-launches.svg": "A thousand launches, by how many instances there were, and memory",
}
"""In docs/, with what they show."""
_PYTHON = _ROOT / "build" / "peers" / "bin" / "python"


def digest(figures: bytes) -> str:
    """What a plot says it was drawn from."""
    return hashlib.sha256(figures).hexdigest()


def stale() -> list[str]:
    """Which files are not what docs/performance.json says."""
    figures = FIGURES.read_bytes()
    found = [] if PAGE.read_text() == page(json.loads(figures)) else [PAGE.name]
    return found + [name for name in PLOTS if digest(figures) not in (_DOCS / name).read_text()]


def page(figures: Figures) -> str:
    """The page, whole."""
    parts = [_head(figures), _beside(figures), _growing(figures), _guests(figures), _again()]
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(figures: Figures) -> Iterator[str]:
    yield f"""# Performance

<!-- Written by `scripts/performance` from performance.json: do not edit. -->

All figures of this page were measured by `make bench` on {figures["made"][:10]}. Kumoniwa and two peers ran at the same
time, each as a process of its own, and were sent the same signed requests over loopback HTTP, in turns, so that
whatever else the machine did met all of them. Ratios hold on other machines, times do not.

What they do is not the same. Kumoniwa (on simulated guests here) verifies every signature, its answers mean that the
change is on disk, and a launch boots a guest, which takes two seconds and goes on after the answer. moto and MiniStack
keep their state in memory, verify no signature, and a launch of theirs ends with its answer.

| the machine | |
|---|---|"""
    yield from (f"| {name} | {value} |" for name, value in {**figures["machine"], **figures["versions"]}.items())


def _beside(figures: Figures) -> Iterator[str]:
    if not figures.get("table"):
        return
    yield f"""
## Beside its peers

Medians of {figures["rounds"]} rounds; a ratio is the median of the rounds' own ratios, and in brackets is what the
middle half of them lies between. CPU is the processor time of the server's process for one request. The thousand
instances were launched one by one; full listings and filters ask for up to 1,000 in one page.
"""
    yield from _table(["work", "", *HEADINGS[2:]], lines(figures["table"]))
    for sentence in not_done(figures):
        yield ""
        yield sentence
    yield ""
    yield _plot("performance-ratios.svg")


def _growing(figures: Figures) -> Iterator[str]:
    if not (points := figures.get("curves")):
        return
    yield """
## As the cloud grows

What single calls cost Kumoniwa in clouds of more and more instances, all launched through its API. "With all that
follows" is the processor time until what the call began has ended: a guest that boots, shuts down, or is imaged. Peers
are asked for what they do, as far as a thousand instances. What size costs is the ratio to a second cloud, of 100
instances, that is asked in turns with each larger one: the machine is not the same an hour later. A region has
addresses for 12,000 instances: those of a larger cloud are in further regions.
"""
    if (run := figures.get("curves of")) is not None and run != _of(figures):
        yield f"This part is of an earlier run: {run}.\n"
    yield _plot("performance-growth.svg")
    yield ""
    sizes = sorted({int(size) for servers in points.values() for size in servers.get("kumoniwa", {})})
    yield from _table(["Kumoniwa", "", *(f"{size:,}" for size in sizes)], by_size(points, sizes))
    yield ""
    yield _plot("performance-launches.svg")
    yield ""
    yield from _judged(growth(points, figures["launches"]))
    if ended := figures.get("curves ended"):
        yield ""
        yield f"The curves end before the size that was asked for: {ended}."


def _guests(figures: Figures) -> Iterator[str]:
    if judged := list(on_guests(figures.get("guests", {}))):
        yield """
## Real guests

Of runs of `benchmarks/storage.py`, `benchmarks/boot.py` and `benchmarks/idle.py` on the same machine, with QEMU.
"""
        yield from _judged(judged)


def _again() -> Iterator[str]:
    yield """
## To measure it yourself

```
make bench                                    # a table, and build/bench/bench.json; quarters of an hour
scripts/bench --quick                         # the table alone, less exact, in minutes
scripts/bench --most 100000 --minutes 120     # the curves up to 100,000 instances
scripts/bench --guests                        # real guests too, on a machine that does nothing else
```

All figures, each round's, are in [performance.json](performance.json)."""


def _judged(found: Iterable[Judged]) -> Iterator[str]:
    return _table(
        ["", "reached", "aim", ""],
        ([each.what, each.figure, each.aim, each.verdict] for each in found),
    )


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield "|" + "---|" * len(headings)
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _plot(name: str) -> str:
    return f"![{PLOTS[name]}]({name})"


def main() -> int:
    """Gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", type=Path, nargs="*", help="what `scripts/bench` wrote (docs/performance.json)")
    asked = parser.parse_args()
    if asked.figures:
        FIGURES.write_text(json.dumps(_together(asked.figures), indent=1) + "\n")
    figures = FIGURES.read_bytes()
    PAGE.write_text(page(json.loads(figures)))
    return subprocess.run(
        [_PYTHON, Path(__file__).with_name("plots.py"), FIGURES, digest(figures)], check=False
    ).returncode


def _together(files: Sequence[Path]) -> Figures:
    found: dict[str, Any] = {}
    for file in files:
        found |= (figures := json.loads(file.read_text()))
        if "curves" in figures:
            found["curves of"] = _of(figures)
    return found


def _of(figures: Figures) -> str:
    """Which run it was."""
    return f"{figures['made'][:10]}, Kumoniwa {figures['versions']['Kumoniwa']}"


if __name__ == "__main__":
    sys.exit(main())
