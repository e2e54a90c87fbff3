"""What EC2's model has and Kumoniwa does not, by the name of the parameter: refused where asked for, never ignored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kumoniwa.errors import NotBuilt


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """A parameter, by its path of member names, and what it asks for. `harmless` values ask for what is so anyway."""

    path: str
    what: str
    harmless: tuple[object, ...] = ()


def below(prefix: str, unbuilt: Iterable[Unbuilt]) -> tuple[Unbuilt, ...]:
    """The same parameters where the structure that they belong to is a member, or the items of a member, `prefix`."""
    return tuple(replace(one, path=f"{prefix}.{one.path}") for one in unbuilt)


def refuse(parameters: Mapping[str, Any], unbuilt: Iterable[Unbuilt]) -> None:
    """Raises `NotBuilt` for the first of these that is asked for."""
    for one in unbuilt:
        for value in _values(parameters, one.path.split(".")):
            if value not in (None, False, [], {}) and value not in one.harmless:
                raise NotBuilt(one.what)


def _values(node: Any, path: list[str]) -> Iterable[Any]:
    """What stands at a path; in each item, where a list is on the way."""
    if isinstance(node, list) and path:
        for item in node:
            yield from _values(item, path)
    elif not path:
        yield node
    elif node is not None:
        yield from _values(node.get(path[0]), path[1:])
