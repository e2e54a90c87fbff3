"""The last that guests and servers said, for the report of a failed test: few lines, each of them short.

What a guest says is a stranger's: what a terminal would obey is escaped.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from os import SEEK_END
from pathlib import Path

from kumoniwa.logs import printable

_CONSOLES, _CONSOLE_LINES, _LOG_LINES = 3, 15, 10
_LONGEST = 200  # characters of a line
_READ = 1 << 16  # bytes of the end of a file: more than these lines have
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_LOGS = ("server.log", "log")
_TROUBLES = ("warning", "error", "critical")


def last_words(folder: Path) -> Iterator[tuple[str, str]]:
    """Titles with texts: the ends of the serial consoles that were written last, and of each server's log its last
    warnings and errors, and what is no line of a log, such as a traceback. Nothing of what said nothing."""
    for console in sorted(folder.rglob("console.log"), key=_written)[-_CONSOLES:]:
        if lines := _last(_end_of(console), _CONSOLE_LINES):
            yield f"End of the serial console of {console.parent.name}", lines
    for log in sorted(path for name in _LOGS for path in folder.rglob(name) if path.is_file()):
        if lines := _last(filter(None, map(_trouble, _end_of(log))), _LOG_LINES):
            yield f"Last warnings and errors in {log.relative_to(folder)}", lines


def _written(path: Path) -> float:
    with suppress(FileNotFoundError):  # a guest that ended meanwhile
        return path.stat().st_mtime
    return 0.0


def _end_of(path: Path) -> list[str]:
    with suppress(FileNotFoundError), path.open("rb") as file:
        before = max(file.seek(0, SEEK_END) - _READ, 0)
        file.seek(before)
        lines = file.read(_READ).decode(errors="replace").split("\n")
        return lines[1:] if before else lines  # of the first one there may be only a part
    return []


def _last(lines: Iterator[str] | list[str], most: int) -> str:
    said = [said for line in lines if (said := printable(_COLOURS.sub("", line).strip()))]
    return "\n".join(line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …" for line in said[-most:])


def _trouble(line: str) -> str | None:
    """The line as it is shown; None where it is of no trouble."""
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(facts, dict) or facts.get("level") not in _TROUBLES:
        return None
    first = [str(facts.pop(name, "")) for name in ("timestamp", "level", "event")]
    return " ".join([*first, *(f"{name}={value}" for name, value in facts.items())])
