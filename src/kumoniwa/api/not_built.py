"""What EC2's model has and Kumoniwa does not, by the name of the parameter: refused where asked for, never ignored."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from kumoniwa.errors import NotBuilt
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class NotBuiltParameter:
    """A parameter, by its path of member names, and what it asks for. `harmless` values ask for what holds anyway."""

    path: str
    what: str
    harmless: tuple[object, ...] = ()


def below(prefix: str, not_built: Iterable[NotBuiltParameter]) -> tuple[NotBuiltParameter, ...]:
    """The same parameters where the structure that they belong to is a member, or the items of a member, `prefix`."""
    return tuple(replace(one, path=f"{prefix}.{one.path}") for one in not_built)


def refuse(parameters: Mapping[str, Any], not_built: Iterable[NotBuiltParameter]) -> None:
    """Raises `NotBuilt` for the first of these that is asked for."""
    for parameter in not_built:
        if parameters.get(parameter.path.partition(".")[0]) is None:
            continue
        for value in _values(parameters, parameter.path.split(".")):
            if value not in (None, False, [], {}) and value not in parameter.harmless:
                raise NotBuilt(parameter.what)


def _values(node: Any, path: list[str]) -> Iterable[Any]:
    """What stands at a path; in each item, where a list is on the way."""
    if isinstance(node, list) and path:
        for item in node:
            yield from _values(item, path)
    elif not path:
        yield node
    elif node is not None:
        yield from _values(node.get(path[0]), path[1:])
