"""What Kumoniwa is to reach, as ratios to a peer in the same run, and whether it has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from measured import ALL_CPU, CPU, RATE, RSS, SECONDS, TIME, Spread, bound, ratio, within

Rounds = Mapping[str, Sequence[float]]
"""What was measured of one server in each round, by measure."""
Row = Mapping[str, Rounds]
"""The same of several servers, by their names."""


SERVERS = {"kumoniwa": "Kumoniwa", "moto": "moto", "ministack": "MiniStack"}
"""How the servers are called in the figures, and what they are called."""


@dataclass(frozen=True, slots=True)
class Aim:
    """In a row of the table, a measure of ours is at most `most` of a peer's, or at least `least` of it."""

    row: str
    measure: str
    peer: str
    most: float | None = None
    least: float | None = None

    @property
    def text(self) -> str:
        return f"{bound(self.most, self.least)} × {SERVERS[self.peer]}"

    def is_met(self, value: float) -> bool:
        return within(value, self.most, self.least)


def _both(row: str, peer: str, most: float) -> tuple[Aim, Aim]:
    """The answer's time and the processor time: one without the other would be gained at the other's cost."""
    return Aim(row, TIME, peer, most), Aim(row, CPU, peer, most)


AIMS = (
    *_both("DescribeInstances, 1 present", "ministack", 1.0),
    *_both("CreateTags", "moto", 0.4),
    Aim("RunInstances(1), c=1", TIME, "moto", 0.35),
    Aim("RunInstances(1), c=1", ALL_CPU, "moto", 0.5),
    Aim("RunInstances(1), c=16", RATE, "moto", least=6.0),
    Aim("RunInstances(100)", TIME, "moto", 0.15),
    *_both("one id of 1,000", "ministack", 1.0),
    *_both("filter by tag, 10 of 1,000", "moto", 0.05),
    *_both("filter by tag, 500 of 1,000", "moto", 0.05),
    *_both("first page of 100 of 1,000", "moto", 0.03),
    *_both("full listing, 1,000", "ministack", 1.0),
    *(
        Aim(f"start to first {what}, {which} folder", SECONDS, "moto", 0.9)
        for what in ("answer", "listing")
        for which in ("new", "old")
    ),
    *(Aim(row, RSS, "moto", 0.9) for row in ("idle memory", "idle memory, instances listed once")),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An aim, the ratio that a run has, and whether it is met."""

    aim: Aim
    ratio: Spread

    @property
    def is_met(self) -> bool:
        return self.aim.is_met(self.ratio.median)


def verdicts(table: Mapping[str, Row]) -> Iterator[Verdict]:
    """Of each aim whose row and servers a run has."""
    for aim in AIMS:
        row = table.get(aim.row, {})
        if aim.measure in row.get("kumoniwa", {}) and aim.measure in row.get(aim.peer, {}):
            yield Verdict(aim, ratio(row["kumoniwa"][aim.measure], row[aim.peer][aim.measure]))
