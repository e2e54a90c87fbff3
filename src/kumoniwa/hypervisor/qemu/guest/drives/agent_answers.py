"""What a guest's agent may say. Whoever is root in the guest writes it, so it is data: bounded before it is parsed, and
whatever is not the answer that was asked for is `AgentSilent`, the error that callers expect of an agent anyway.
"""

import json

from kumoniwa.hypervisor.driver import DriverError

MOST_BYTES = 64 * 1024
"""The longest answer that is read; those of the commands that are used here have fewer than a hundred bytes."""

_MOST_NESTED = 64  # brackets in an answer, wherever they stand: Python's parser recurses with each
_MOST_TEXT = 300  # characters of the agent's own words that are passed on
_MOST_COUNTED = 1_000_000


class AgentSilent(DriverError):
    """The agent gave no answer that makes sense in time, or nothing listens. What was asked for last may happen yet."""


class AgentRefused(DriverError):
    """The agent understood a command and refused it. The text is the agent's, made safe to show."""


def returned(command: str, line: bytes) -> object:
    """What a command returned, from the agent's line. Raises `AgentSilent`, `AgentRefused`."""
    answer = _parsed(line)
    if not isinstance(answer, dict):
        raise _nonsense(command)
    match answer:
        case {"error": {"desc": str(words)}}:
            raise AgentRefused(f"the guest's agent refused {command}: {_printable(words)}")
        case {"error": _}:
            raise _nonsense(command)
        case {"return": value}:
            return value
    raise _nonsense(command)


def count_returned(command: str, line: bytes) -> int:
    """The count that a command returned. Raises `AgentSilent`, `AgentRefused`."""
    count = returned(command, line)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _MOST_COUNTED:
        raise _nonsense(command)
    return count


def is_answer_to(number: int, line: bytes) -> bool:
    """Whether this line answers the synchronization of that number. Anything else was said to others."""
    try:
        return returned("guest-sync-delimited", line) == number
    except DriverError:
        return False


def _parsed(line: bytes) -> object:
    """The line's JSON; None where it is none, or more than an agent has to say."""
    if len(line) > MOST_BYTES or line.count(b"[") + line.count(b"{") > _MOST_NESTED:
        return None
    try:
        return json.loads(line)
    except (ValueError, RecursionError):  # also text that is not UTF-8, and numbers of thousands of digits
        return None


def _nonsense(command: str) -> AgentSilent:
    return AgentSilent(f"the guest's agent gave no answer to {command} that makes sense")


def _printable(words: str) -> str:
    """Text for a log or a terminal: what is a control there is shown as an escape."""
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in words[:_MOST_TEXT])
    return shown if len(words) <= _MOST_TEXT else f"{shown} …"
