"""What failed, in little space: for who reads the last page of a log and has no other file.

A step's log is shown with the text of each failed test cut; the whole is in the log, and in the test's evidence.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HEADING = re.compile(r"(?:=+|_+) (?![=_] ).+ (?:=+|_+)")
_CAPTURED = re.compile(r"-{3,} .+ -{3,}")
_SUMMARY = "short test summary info"
_TRACEBACK, _ERROR, _CAPTURED_LINES, _NAMED = 40, 15, 15, 20
"""Lines that are shown of a failure's traceback, of an error in it, of each text captured, of pytest's own summary."""
_LINE = 300
"""Characters that are shown of a line."""
_MOST, _ERROR_LINES = 20, 2
"""Failures that are listed in the end, and lines of each one's error."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed test."""

    test: str
    """Its node id."""
    message: str
    """Its error."""
    evidence: str = ""
    """The folder of its evidence, where it left any."""


def listed(failures: Sequence[Failure]) -> Iterator[str]:
    """Lines that say which tests failed, the beginning of each one's error, and where its evidence is."""
    for failure in failures[:_MOST]:
        yield f"    {failure.test}"
        said = [shown for line in failure.message.splitlines() for shown in _readable(line.strip())]
        yield from (f"        {line}" for line in said[:_ERROR_LINES])
        if failure.evidence:
            yield f"        evidence: {failure.evidence}"
    if len(failures) > _MOST:
        yield f"    and {len(failures) - _MOST} more"


def end_of(log: str, lines: int) -> Iterator[str]:
    """The last lines of a log, for a step that failed without a failed test."""
    for line in log.rstrip().splitlines()[-lines:]:
        yield from (f"    {shown}" for shown in _readable(line))


def shortened(log: str) -> str:
    """What pytest printed, each failure cut to some 80 lines: how it began, its error, the end of what was captured.

    Of failures with one traceback, that of a fixture they share, all but the first are named alone.
    """
    blocks: list[list[str]] = [[]]
    for line in log.splitlines():
        if _HEADING.fullmatch(line):
            blocks.append([])
        blocks[-1].append(line)
    shown: list[str] = []
    first_with: dict[tuple[str, ...], str] = {}
    for block in blocks:
        traceback = tuple(itertools.takewhile(lambda line: not _CAPTURED.fullmatch(line), block[1:]))
        error = next((line for line in traceback if line.startswith("E ")), None)
        if error and (first := first_with.setdefault(traceback, block[0])) != block[0]:
            shown += [block[0], f"as {first.strip('_ ')}: {error[:_LINE]}"]
        else:
            shown += _shown(block)
    return "\n".join(shown)


def _shown(block: list[str]) -> Sequence[str]:
    if not block or block[0].startswith("="):
        return _cut(block, _NAMED, last=2) if block and _SUMMARY in block[0] else block
    if not block[0].startswith("_"):
        return block
    parts: list[list[str]] = [[]]
    for line in block:
        if _CAPTURED.fullmatch(line):
            parts.append([])
        parts[-1].append(line)
    traceback, *captured = parts
    shown = _cut(_with_short_errors(traceback), _TRACEBACK, last=_TRACEBACK - 10)
    for heading, *text in captured:
        shown += [heading, *_cut(text, _CAPTURED_LINES, last=_CAPTURED_LINES)]
    return [line if len(line) <= _LINE else f"{line[:_LINE]} …" for line in shown]


def _with_short_errors(traceback: Sequence[str]) -> list[str]:
    """The traceback without most of an error that has many lines, such as a listing of a page."""
    kept: list[str] = []
    error: list[str] = []
    for line in (*traceback, ""):
        if line.startswith("E "):
            error.append(line)
            continue
        kept += _cut(error, _ERROR, last=2)
        error = []
        kept.append(line)
    return kept[:-1]


def _cut(lines: Sequence[str], most: int, *, last: int) -> list[str]:
    """So many of the lines, with so many of the last ones."""
    if len(lines) <= most:
        return list(lines)
    first = most - last
    return [*lines[:first], f"… {len(lines) - most} lines are left out here", *lines[len(lines) - last :]]


def _readable(line: str) -> Iterator[str]:
    """The line without what a terminal obeys, and not too much of it; nothing of an empty one."""
    if line := "".join(letter if letter.isprintable() else " " for letter in line).rstrip():
        yield line if len(line) <= _LINE else f"{line[:_LINE]} …"
