"""Draw the plots of docs/performance.md. Run by matplotlib's Python, in the peers' environment: see `document.py`.

    plots.py FIGURES DIGEST

Drawn twice from the same figures, a plot is the same file.
"""

import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from aims import AIMS, SERVERS

mpl.use("svg")
import matplotlib.pyplot as plt

_COLOURS = {"kumoniwa": "#00796b", "moto": "#c2570c", "ministack": "#5b5bd6"}
_TIME, _ALL_CPU, _CPU, _RSS = "ms", "cpu ms with all that follows", "cpu ms", "MiB RSS"

Rounds = Mapping[str, Mapping[str, Sequence[float]]]


def ratios(figures: Mapping[str, Any], figure: Any) -> None:
    """Of each row: its first measure to each peer's, what is greater is better turned round."""
    axes = figure.subplots()
    rows = list(figures.get("table", {}).items())
    for place, (name, row) in enumerate(rows):
        measure = next(iter(row["kumoniwa"]))
        for aim in (aim for aim in AIMS if (aim.row, aim.measure) == (name, measure)):
            bound = aim.most or 1 / (aim.least or 1)
            axes.plot(bound, -place, "|", color=_COLOURS[aim.peer], markersize=14, markeredgewidth=2)
        for peer in ("moto", "ministack"):
            if measure not in row.get(peer, {}):
                continue
            each = [ours / theirs for ours, theirs in zip(row["kumoniwa"][measure], row[peer][measure], strict=False)]
            each = [1 / value for value in each] if measure == "per second" else each
            middle, low, high = statistics.median(each), min(each), max(each)
            axes.errorbar(middle, -place, xerr=[[middle - low], [high - middle]], fmt="o", color=_COLOURS[peer])
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks([-place for place in range(len(rows))], [name for name, _ in rows])
    axes.set_xlabel("Kumoniwa's time to the peer's; left of 1 Kumoniwa is quicker (or lighter)")
    axes.grid(axis="x", alpha=0.3)
    for peer in ("moto", "ministack"):
        axes.plot([], [], "o", color=_COLOURS[peer], label=SERVERS[peer])
    axes.plot([], [], "|", color="black", markersize=10, markeredgewidth=2, label="the aim")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.legend(loc="best")


def growth(figures: Mapping[str, Any], figure: Any) -> None:
    """A small plot for each operation: time of the answer, and processor time with all that follows."""
    operations = [each for each in figures.get("curves", {}) if each != "idle"]
    for axes, operation in zip(figure.subplots(2, 4, sharex=True, sharey=True).flat, operations, strict=False):
        for name, sizes in figures["curves"][operation].items():
            if name not in SERVERS:
                continue
            colour, title = _COLOURS[name], SERVERS[name]
            _line(axes, sizes, _TIME, color=colour, label=title)
            if any(_ALL_CPU in measures for measures in sizes.values()):
                _line(axes, sizes, _ALL_CPU, color=colour, linestyle="--", label="CPU with all that follows")
        axes.set_title(operation, fontsize=9)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
        axes.xaxis.set_major_formatter("{x:,g}")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=6)
    figure.supxlabel("instances in the cloud")
    figure.supylabel("ms")


def launches(figures: Mapping[str, Any], figure: Any) -> None:
    """On the left, a thousand launches; on the right, memory."""
    left, right = figure.subplots(1, 2)
    each = sorted(figures.get("launches", []), key=lambda one: one["before"])
    left.plot([one["before"] for one in each], [one["s"] for one in each], "o-", color=_COLOURS["kumoniwa"])
    left.set_title("1,000 launches until all run", fontsize=9)
    left.set_ylabel("seconds")
    left.set_xlabel("instances before")
    for name, sizes in figures.get("curves", {}).get("idle", {}).items():
        if name in SERVERS:
            _line(right, sizes, _RSS, color=_COLOURS[name], label=SERVERS[name])
    right.set_title("memory of the server", fontsize=9)
    right.set_xscale("log")
    right.set_ylabel("MiB resident")
    right.set_xlabel("instances")
    right.legend(fontsize=7)
    for axes in (left, right):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)


def _line(axes: Any, sizes: Rounds, measure: str, **looks: Any) -> None:
    """The medians, and the span of all rounds."""
    known = sorted(int(size) for size, measures in sizes.items() if measure in measures)
    values = [sizes[str(size)][measure] for size in known]
    axes.plot(known, [statistics.median(each) for each in values], marker=".", **looks)
    axes.fill_between(
        known, [min(each) for each in values], [max(each) for each in values], color=looks["color"], alpha=0.15
    )


def main() -> None:
    path, digest = Path(sys.argv[1]), sys.argv[2]
    figures = json.loads(path.read_text())
    mpl.rcParams.update(
        {"svg.hashsalt": "kumoniwa", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
    )
    for name, draw, size in (("ratios", ratios, (9, 7)), ("growth", growth, (12, 6)), ("launches", launches, (9, 3.5))):
        figure = plt.figure(figsize=size, layout="constrained", facecolor="white")
        draw(figures, figure)
        figure.savefig(path.with_name(f"performance-{name}.svg"), metadata={"Date": None, "Description": digest})
        plt.close(figure)


if __name__ == "__main__":
    main()
