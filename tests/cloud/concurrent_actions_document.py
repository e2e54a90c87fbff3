"""Write `docs/concurrent-actions.md` from the table: `scripts/concurrent-actions` runs this."""

from pathlib import Path

from concurrent_actions import DURING, REFUSALS, UNFINISHED, known_from

DOCUMENT = Path(__file__).parents[2] / "docs" / "concurrent-actions.md"

_HEAD = """# Two actions at once

This page lists what a second action answers while a first action is in progress, and how both end.
`scripts/concurrent-actions` writes it from the table that the tests use: {pairs} pairs, each of which overlaps on the
simulated driver. The marks say how an answer is known, as in [sources.md](sources.md). Nothing was tested against AWS;
INF means inferred.

The rule is short. An action is checked against the states that EC2 would show at that moment, and is answered at once.
Its work waits until earlier work on the same instance has finished, and then does what the answer promised. A second
action neither interrupts a first action nor changes its result. Two things do, and are not in this table:
SkipOsShutdown is meant to interrupt a stop or a termination that hangs; and a termination overrides whatever has kept
its instance for ten minutes, or for one with Force or SkipOsShutdown ([What is tried again](operations/retries.md)).

Three writes to the data volume show what a snapshot or an image holds: ① before the first action, ② while it is in
progress, ③ after the second action was answered. EC2 fixes a snapshot's point in time at the call. If other work on the
instance comes first, Kumoniwa fixes it when that work has finished, so the snapshot may hold more, and never less.

Kumoniwa does not throttle where AWS does: two snapshots of a volume within 15 seconds
(`SnapshotCreationPerVolumeRateExceeded`), and several images of the same instance at once
(`ConcurrentCreateImageNoRebootLimitExceeded`). A pending snapshot that is deleted disappears at once; EC2 completes it
first.
"""


def document() -> str:
    """The page, as the table has it."""
    pairs = sum(len(during.rows) for during in DURING.values()) + sum(len(one.rows) for one in UNFINISHED)
    parts = [_HEAD.format(pairs=pairs)]
    for first, during in DURING.items():
        made = "" if during.makes == "–" else f" Whatever comes second, its result is: {during.makes}."
        parts.append(f"\n## {first}\n\nMeanwhile: {during.while_}.{made}\n\n")
        parts.append(_row("second action", "answer", "known from", "instance", "volume", "result"))
        parts.append(_row(*["---"] * 6))
        for pair in during.rows:
            source = known_from(first, pair.second, pair.answer)
            answer = _answer(pair.answer)
            parts.append(_row(pair.second, answer, source, pair.instance, pair.volume, pair.makes))
    for unfinished in UNFINISHED:
        parts.append(f"\n## While {unfinished.what} is still being made\n\n")
        parts.append(_row("second action", "answer", "known from", "result"))
        parts.append(_row(*["---"] * 4))
        for second, answer, end in unfinished.rows:
            parts.append(_row(second, _answer(answer), known_from(unfinished.what, second, answer), end))
    parts.append("\n## The refusals in full\n\n")
    parts.append(_row("code", "message"))
    parts.append(_row("---", "---"))
    parts += sorted({_row(f"`{one.code}`", f"`{one.message}`") for one in REFUSALS.values()})
    return "".join(parts)


def _answer(answer: str) -> str:
    return f"`{REFUSALS[answer].code}`" if answer in REFUSALS else answer


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
