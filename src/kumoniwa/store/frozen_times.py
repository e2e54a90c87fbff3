"""Times in what is kept as JSON: `{"@time": ISO 8601}`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def frozen(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, datetime):
        return {"@time": value.isoformat()}
    if isinstance(value, Mapping):
        return {key: frozen(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [frozen(child) for child in value]
    return value


def thawed(value: Any) -> Any:
    """What `frozen` made, as it was before."""
    if isinstance(value, dict):
        if value.keys() == {"@time"}:
            return datetime.fromisoformat(value["@time"])
        return {key: thawed(child) for key, child in value.items()}
    if isinstance(value, list):
        return [thawed(child) for child in value]
    return value
