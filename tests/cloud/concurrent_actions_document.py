"""Write `docs/concurrent-actions.md` from the table: `scripts/concurrent-actions` runs this."""

from pathlib import Path

from concurrent_actions import DURING, REFUSALS, UNFINISHED, known_from

DOCUMENT = Path(__file__).parents[2] / "docs" / "concurrent-actions.md"

_HEAD = """# Two actions at once

What a second action is answered while a first one goes on, and how both end. `scripts/concurrent-actions` writes this
page from the table that the tests hold Kumoniwa against: {pairs} pairs, each of which really meets on the simulated
driver. The marks say how an answer is known, as in [sources.md](sources.md): nothing was tested against AWS; INF is
inferred.

The rule is short. An action is checked against the states that are told at that moment, and answered at once. What it
began waits until those before it on the same instance have let go of it, and then does what was promised: no second
action cuts a first one off, or changes what that one makes. (SkipOsShutdown is made to cut off a stop or a termination
that hangs; it is not in this table.)

What a snapshot or an image holds of the data volume is told by three writes: ① before the first action, ② while it goes
on, ③ after the second was answered. EC2 takes a snapshot's point in time at the call; where another action has the
instance, Kumoniwa takes it when its turn comes, so it may hold more, and never less.

What AWS throttles is not refused here: two snapshots of a volume within 15 seconds
(`SnapshotCreationPerVolumeRateExceeded`), and several images of one instance at once
(`ConcurrentCreateImageNoRebootLimitExceeded`). A pending snapshot that is deleted goes at once; EC2 completes it
first.
"""


def document() -> str:
    """The page, as the table has it."""
    pairs = sum(len(during.rows) for during in DURING.values()) + sum(len(one.rows) for one in UNFINISHED)
    parts = [_HEAD.format(pairs=pairs)]
    for first, during in DURING.items():
        made = "" if during.makes == "–" else f" Whatever comes second, it ends so: {during.makes}."
        parts.append(f"\n## {first}\n\nMeanwhile: {during.while_}.{made}\n\n")
        parts.append(_row("then", "is answered", "known from", "instance", "volume", "which makes"))
        parts.append(_row(*["---"] * 6))
        for pair in during.rows:
            source = known_from(first, pair.second, pair.answer)
            answer = _answer(pair.answer)
            parts.append(_row(pair.second, answer, source, pair.instance, pair.volume, pair.makes))
    for unfinished in UNFINISHED:
        parts.append(f"\n## While {unfinished.what} is still being made\n\n")
        parts.append(_row("then", "is answered", "known from", "and ends"))
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
