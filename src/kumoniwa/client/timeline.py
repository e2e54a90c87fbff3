"""The boots of an instance as rows of a table, and as data."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kumoniwa.client.boots import Boot, downtimes

COLUMNS = (
    "#",
    "booted by",
    "request",
    "first instruction",
    "kernel",
    "reachable",
    "boot",
    "shutdown asked",
    "at rest",
    "ended by",
)
DOWN_COLUMNS = ("down for", "shutdown", "at rest", "boot", "whole", "cut")


def rows(boots: Sequence[Boot]) -> list[tuple[str, ...]]:
    """One row for each boot: what brought it about, its moments, and what ended it."""
    return [
        (
            str(boot.number),
            f"{boot.why} by {boot.caller}" if boot.caller else boot.why,
            boot.request_id or "",
            _moment(boot.started_at),
            "from memory" if boot.from_memory else _time(boot.kernel_started_at),
            _time(boot.reachable_at),
            _duration(boot.boot_seconds),
            _time(boot.end_requested_at),
            _time(boot.at_rest_at),
            _ending(boot),
        )
        for boot in boots
    ]


def down_rows(boots: Sequence[Boot]) -> list[tuple[str, ...]]:
    """One row for each time the guest went down and came back, split into what it was down for."""
    return [
        (
            down.why,
            _duration(down.shutdown),
            _duration(down.at_rest),
            _duration(down.boot),
            _duration(down.whole),
            f"{down.cut * 1000:.0f} ms" if down.cut is not None else "",
        )
        for down in downtimes(boots)
    ]


def cold_boots(boots: Sequence[Boot]) -> list[str]:
    """A sentence for each boot that was not from memory, though the image has fast launch."""
    return [f"Boot {boot.number} was not from memory: {boot.cold_because}" for boot in boots if boot.cold_because]


def downtimes_as_data(boots: Sequence[Boot]) -> list[dict[str, Any]]:
    """The same for programs, in seconds."""
    return [
        {
            "why": down.why,
            "request_id": down.request_id,
            "shutdown": round(down.shutdown, 3),
            "at_rest": round(down.at_rest, 3),
            "boot": round(down.boot, 3),
            "whole": round(down.whole, 3),
            "cut": down.cut,
        }
        for down in downtimes(boots)
    ]


def _ending(boot: Boot) -> str:
    if boot.end_cause is None:
        return "" if boot.ended_at is None else "not seen"
    return f"{boot.end_action or boot.end_cause}{'' if boot.end_clean else ', cut off'}"


def _moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] if at else ""


def _time(at: datetime | None) -> str:
    return at.strftime("%H:%M:%S.%f")[:-3] if at else ""


def _duration(seconds: float | None) -> str:
    return f"{seconds:.1f} s" if seconds is not None else ""
