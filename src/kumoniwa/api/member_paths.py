"""Values at a path of an answer's members, as filters compare them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from kumoniwa.api.filters import present

Output = Mapping[str, Any]
Described = tuple[Any, Output] | tuple[Any, Output, Any]
"""A resource, and as EC2 describes it."""


def moment(value: datetime) -> str:
    """A time as filters compare it: as EC2 prints it."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: Any) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return moment(value)
        case None:
            return None
        case _:
            return str(value)


def at(path: str) -> Callable[[Described], Iterable[str]]:
    """What stands at a path of members in the description; in each item, where a list is on the way."""
    names = path.split(".")

    def values(shown: Described) -> Iterable[str]:
        found: list[Any] = [shown[1]]
        for name in names:
            inner = [node.get(name) for node in found]
            found = [item for node in inner for item in (node if isinstance(node, list) else [node])]
            found = [item for item in found if item is not None]
        return present(*map(_text, found))

    return values
