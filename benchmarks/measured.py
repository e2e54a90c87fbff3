"""What was measured: of each round one value, and of these the median and the quartiles."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Turn = dict[str, float]
"""What one turn of one server gave, by measure."""
TIME = "ms"
"""Milliseconds of one request, the median of a turn's."""
CPU = "cpu ms"
"""Milliseconds of the server's processor time for one request, the mean of a turn's."""
ALL_CPU = "cpu ms with all that follows"
"""The same, until all that a request began has ended."""
RATE = "per second"
SECONDS = "s"
CPU_SECONDS = "cpu s"
RSS = "MiB RSS"
PSS = "MiB PSS"
IDLE = "% of a core, idle"
UNITS = {
    TIME: "ms",
    CPU: "CPU ms",
    ALL_CPU: "CPU ms with all that follows",
    RATE: "answers/s",
    SECONDS: "s",
    CPU_SECONDS: "CPU s",
    RSS: "MiB RSS",
    PSS: "MiB PSS",
    IDLE: "% of a core",
}
"""How measures are shown."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Of several values: the median, and what half of them lie between."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """The median and the quartiles; with fewer than four values, the least and the greatest."""
    if len(values) < 4:
        return Spread(statistics.median(values), min(values), max(values))
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Ours to theirs, of the ratios of the rounds: a round's two values were measured one right after the other, so
    what slows the machine down slows down both.
    """
    return spread([mine / other for mine, other in zip(ours, theirs, strict=True)])


def within(value: float, most: float | None, least: float | None) -> bool:
    """Whether a figure is what it is to be: at most, or at least, so much, where that is said."""
    return (most is None or value <= most) and (least is None or value >= least)


def bound(most: float | None, least: float | None) -> str:
    """What a figure is to be: `≤ 0.9`."""
    sign, limit = ("≤", most) if most is not None else ("≥", least)
    return f"{sign} {limit:g}"


def shown(value: float) -> str:
    """A figure with three digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def times(value: float) -> str:
    """A ratio with two digits or three."""
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
