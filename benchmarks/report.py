"""The table as text, of the figures that `bench.py` writes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aims import SERVERS, Row, Verdict, verdicts
from growth_aims import Points, growth, on_guests
from measured import UNITS, ratio, shown, spread, times

Figures = Mapping[str, Any]
"""What the JSON holds."""
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
                    *(_ratio(row, peer, measure) for peer in list(SERVERS)[1:]),
                    ", ".join(verdict.aim.text for verdict in aims),
                    ", ".join(_met(verdict.is_met) for verdict in aims),
                ]
            )
    return found


def _ratio(row: Row, peer: str, measure: str) -> str:
    """The ratio to a peer, and what the middle half of the rounds' ratios lies between."""
    if measure not in row.get(peer, {}):
        return _NOT_DONE
    found = ratio(row["kumoniwa"][measure], row[peer][measure])
    return f"{times(found.median)} ({times(found.low)}–{times(found.high)})"


HEADINGS = ["", "", *SERVERS.values(), "/ moto", "/ MiniStack", "aim", ""]


def text(figures: Figures) -> str:
    """All of it, for a terminal."""
    parts = []
    if table := figures.get("table"):
        parts.append(columns([HEADINGS, *lines(table)]))
        parts += not_done(figures)
        met = [verdict.is_met for verdict in verdicts(table)]
        parts.append(f"{sum(met)} of {len(met)} aims met.")
    if points := figures.get("curves"):
        sizes = sorted({int(size) for servers in points.values() for size in servers["kumoniwa"]})
        parts.append(columns([["Kumoniwa's instances", "", *(f"{size:,}" for size in sizes)], *by_size(points, sizes)]))
    if judged := [
        *growth(figures.get("curves", {}), figures.get("launches", [])),
        *on_guests(figures.get("guests", {})),
    ]:
        parts.append(columns([[each.what, each.figure, each.aim, each.verdict] for each in judged]))
    if ended := figures.get("curves ended"):
        parts.append(f"The curves end at {ended}.")
    return "\n\n".join(parts)


def not_done(figures: Figures) -> list[str]:
    """A sentence for each dash in the table."""
    refused = figures["not done"].items()
    return [f"{row}: {SERVERS[server]} {reason}." for row, each in refused for server, reason in each.items()]


def by_size(points: Points, sizes: Sequence[int]) -> Iterator[list[str]]:
    """A line of cells for each measure of each operation: what, unit, the median at each size. Only of Kumoniwa."""
    for operation, servers in points.items():
        own = servers["kumoniwa"]
        for number, measure in enumerate(dict.fromkeys(measure for measures in own.values() for measure in measures)):
            values = (own.get(str(size), {}).get(measure) for size in sizes)
            cells = (shown(spread(each).median) if each else _NOT_DONE for each in values)
            yield [operation if number == 0 else "", UNITS[measure], *cells]


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Cells in columns: words to the left, and figures, which never are in the first, to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ([_placed(cell, width) for cell, width in zip(row[1:], widths[1:], strict=True)] for row in rows)
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *placed]).rstrip() for row, placed in zip(rows, lines, strict=True)
    )


def _placed(cell: str, width: int) -> str:
    return cell.rjust(width) if cell[:1].isdigit() or cell == _NOT_DONE else cell.ljust(width)


def _met(is_met: bool) -> str:
    return "met" if is_met else "MISSED"
