"""Verdicts: what EC2 does, whether this cloud did the same, and what was seen of it from both sides."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One claim about EC2's behaviour, held against what the API and the guest showed."""

    point: str
    claim: str
    holds: bool
    api: str
    guest: str


def all_hold(verdicts: Sequence[Verdict]) -> bool:
    """Whether every claim held; an experiment without verdicts has shown nothing."""
    return bool(verdicts) and all(verdict.holds for verdict in verdicts)


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    """The verdicts with their evidence, one row each."""
    table = Table(title="Verdicts", title_justify="left", title_style="bold", show_lines=True)
    for column, ratio in (("", None), ("claim", 3), ("", None), ("the API showed", 4), ("the guest showed", 4)):
        table.add_column(column, ratio=ratio, overflow="fold")
    for verdict in verdicts:
        word = Text("yes", "bold green") if verdict.holds else Text("NO", "bold red")
        table.add_row(verdict.point, Text(verdict.claim), word, Text(verdict.api), Text(verdict.guest))
    return table


def as_data(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [asdict(verdict) for verdict in verdicts]
