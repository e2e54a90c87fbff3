"""The hibernations of an instance as rows of a table."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

COLUMNS = ("asked for", "request", "memory saved", "size", "went on", "what became of it")


def rows(told: Iterable[dict[str, Any]]) -> list[tuple[str, ...]]:
    """One row for each hibernation, as a cloud tells of it."""
    return [
        (
            _moment(one["asked_at"]),
            one["request_id"] or "",
            _time(one["suspended_at"]),
            "" if one["size_bytes"] is None else f"{one['size_bytes'] / (1 << 20):.0f} MiB",
            _time(one["resumed_at"]),
            _outcome(one),
        )
        for one in told
    ]


def _outcome(one: dict[str, Any]) -> str:
    if one["resumed_at"] is not None:
        return "went on in the same boot"
    if one["suspended_at"] is None:
        return "under way" if one["ended_at"] is None else f"shut down instead. {one['because'] or ''}".rstrip()
    if one["ended_at"] is None:
        return "hibernated"
    return f"its memory was given up. {one['because'] or ''}".rstrip()


def _moment(at: str) -> str:
    return datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M:%S")


def _time(at: str | None) -> str:
    return "" if at is None else datetime.fromisoformat(at).strftime("%H:%M:%S")
