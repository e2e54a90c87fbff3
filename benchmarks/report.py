"""The table as text, of the figures that `bench.py` writes."""

from collections.abc import Mapping
from typing import Any

from aims import Row, Verdict, verdicts
from measured import ALL_CPU, CPU, CPU_SECONDS, PSS, RATE, RSS, SECONDS, TIME, shown, spread

Figures = Mapping[str, Any]
"""What the JSON holds."""
SERVERS = {"kumoniwa": "Kumoniwa", "moto": "moto", "ministack": "MiniStack"}
UNITS = {
    TIME: "ms",
    CPU: "CPU ms",
    ALL_CPU: "CPU ms with all that follows",
    RATE: "answers/s",
    SECONDS: "s",
    CPU_SECONDS: "CPU s",
    RSS: "MiB RSS",
    PSS: "MiB PSS",
}
_NOT_DONE = "–"


def lines(table: Mapping[str, Row]) -> list[list[str]]:
    """A line of cells for each measure of each row: what, unit, medians, ratios to the peers, aim, verdict."""
    judged: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts(table):
        judged.setdefault((verdict.aim.row, verdict.aim.measure), []).append(verdict)
    found = []
    for name, row in table.items():
        for number, measure in enumerate(row["kumoniwa"]):
            medians = {
                server: spread(row[server][measure]).median for server in SERVERS if measure in row.get(server, {})
            }
            aims = judged.get((name, measure), [])
            found.append(
                [
                    name if number == 0 else "",
                    UNITS[measure],
                    *(shown(medians[server]) if server in medians else _NOT_DONE for server in SERVERS),
                    *(_ratio(medians, peer) for peer in list(SERVERS)[1:]),
                    ", ".join(verdict.aim.text for verdict in aims),
                    ", ".join(map(_judged, aims)),
                ]
            )
    return found


def _judged(verdict: Verdict) -> str:
    """Whether it is met, the ratio, and what the middle half of the rounds' ratios lies between."""
    ratio = verdict.ratio
    return f"{'met' if verdict.is_met else 'MISSED'} {ratio.median:.2g} ({ratio.low:.2g} to {ratio.high:.2g})"


def _ratio(medians: Mapping[str, float], peer: str) -> str:
    return f"{medians['kumoniwa'] / medians[peer]:.2g}" if peer in medians else _NOT_DONE


HEADINGS = ["", "", *SERVERS.values(), "/ moto", "/ MiniStack", "aim", ""]


def text(figures: Figures) -> str:
    """The table for a terminal."""
    rows = [HEADINGS, *lines(figures.get("table", {}))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    written = []
    for row in rows:
        cells = [
            cell.rjust(width) if 2 <= column <= 6 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        written.append("  ".join(cells).rstrip())
    for row_name, servers in figures.get("not done", {}).items():
        written += [f"{row_name}: {SERVERS[server]} {reason}." for server, reason in servers.items()]
    met = [verdict.is_met for verdict in verdicts(figures.get("table", {}))]
    written.append(f"{sum(met)} of {len(met)} aims met.")
    return "\n".join(written)
