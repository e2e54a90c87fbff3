"""What a guest's agent may say. Whoever is root in the guest writes it: whatever is not the answer that was asked for
is `AgentSilent`, the error that callers expect of an agent anyway.
"""

from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.hypervisor.qemu.untrusted import Limits, NotJson, Value, parsed, shown

MOST_BYTES = 64 * 1024
"""The longest answer that is read; those of the commands that are used here have fewer than a hundred bytes."""

SEE_AGENT = "See in the guest whether qemu-guest-agent runs, and what it logs."
_LIMITS = Limits(bytes=MOST_BYTES, nested=16, parts=64)
_MOST_COUNTED = 1_000_000


class AgentSilent(DriverError):
    """The agent gave no answer that makes sense in time, or nothing listens. What was asked for last may happen yet."""

    def __init__(self, what: str) -> None:
        super().__init__(what, way_out=SEE_AGENT)


class AgentRefused(DriverError):
    """The agent understood a command and refused it. The text is the agent's, made safe to show."""

    def __init__(self, what: str) -> None:
        super().__init__(what, way_out=SEE_AGENT)


def returned(command: str, line: bytes) -> Value:
    """What a command returned, from the agent's line. Raises `AgentSilent`, `AgentRefused`."""
    what = f"what the guest's agent answers to {command}"
    try:
        answer = Value(parsed(line, _LIMITS), what, AgentSilent)
    except NotJson as garbage:
        raise AgentSilent(f"{what} makes no sense: {garbage}") from garbage
    if (error := answer.get("error")) is not None:
        raise AgentRefused(f"the guest's agent refused {command}: {shown(error['desc'].page())}")
    return answer["return"]


def count_returned(command: str, line: bytes) -> int:
    """The count that a command returned. Raises `AgentSilent`, `AgentRefused`."""
    return returned(command, line).count(_MOST_COUNTED)


def is_answer_to(number: int, line: bytes) -> bool:
    """Whether this line answers the synchronization of that number. Anything else was said to others."""
    try:
        return returned("guest-sync-delimited", line).count() == number
    except DriverError:
        return False
