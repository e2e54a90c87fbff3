"""Requests of the query protocols as a client writes them: values keyed by member names to flat names on the wire.

`{"Filters": [{"Values": ["web"]}]}` becomes `Filter.1.Value.1=web`, for a door that is given values. Only what must be
known to write a value is checked: its type, and that it has a name. Whether it is a value that the action takes, and
whether all are there, is decided where requests are read (`parameters.py`), in EC2's words.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from kumoniwa.errors import InvalidParameterValue, InvalidRequest, UnknownParameter
from kumoniwa.gateway.protocols.model import Shape
from kumoniwa.gateway.protocols.parameters import MAX_DEPTH, Names, shown

Pairs = list[tuple[str, str]]
_Write = Callable[[Pairs, Any, str], None]  # (what was written so far, what was given, its name on the wire)


class RequestWriters:
    """Writers by shape, compiled on first use and shared by all actions."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._structures: dict[str, _Write] = {}

    def request(self, shape: Shape) -> Callable[[Mapping[str, Any]], Pairs]:
        """A writer of a whole request with this input shape. It raises `InvalidParameterValue`, `UnknownParameter`."""
        write = self._structure(shape)

        def written(parameters: Mapping[str, Any]) -> Pairs:
            pairs: Pairs = []
            write(pairs, parameters, "")
            return pairs

        return written

    def _writer(self, shape: Shape) -> _Write:
        match shape.type_name:
            case "structure":
                return self._structure(shape)
            case "list":
                return self._list(shape)
            case _:
                return _scalar(shape.type_name)

    def _structure(self, shape: Shape) -> _Write:
        if (known := self._structures.get(shape.name)) is not None:
            return known
        fields: dict[str, tuple[str, _Write]] = {}

        def write(pairs: Pairs, value: Any, name: str) -> None:
            if not isinstance(value, Mapping):
                raise _invalid(name, value, "an object")
            if name.count(".") > MAX_DEPTH:
                raise InvalidRequest(
                    f"parameters are nested more than {MAX_DEPTH} deep", way_out="None of EC2's is: leave some out."
                )
            prefix = f"{name}." if name else ""
            for member, child in value.items():
                if (field := fields.get(member)) is None:
                    raise UnknownParameter(shown(prefix + member))
                field[1](pairs, child, prefix + field[0])

        self._structures[shape.name] = write  # before its members: shapes may contain themselves
        for member, child in shape.members.items():
            fields[member] = (self._names.of_member(member, child.serialization), self._writer(child))
        return write

    def _list(self, shape: Shape) -> _Write:
        item = self._writer(shape.member)
        level = None if shape.serialization.get("flattened") else self._names.list_level

        def write(pairs: Pairs, value: Any, name: str) -> None:
            if not isinstance(value, list | tuple):
                raise _invalid(name, value, "a list")
            prefix = name if level is None else f"{name}.{level}"
            for number, child in enumerate(value, 1):
                item(pairs, child, f"{prefix}.{number}")

        return write


def _scalar(type_name: str) -> _Write:
    types, wanted, text = _SCALARS[type_name]

    def write(pairs: Pairs, value: Any, name: str) -> None:
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise _invalid(name, value, wanted)
        try:
            pairs.append((name, text(value)))
        except ValueError:  # half of a character, or a number of thousands of digits
            raise InvalidParameterValue(f"Value for parameter {name} is invalid.") from None

    return write


def _blob(value: str | bytes) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode("ascii")


_INTEGER = ((int,), "a whole number", str)
_NUMBER = ((int, float), "a number", str)
_SCALARS: Mapping[str, tuple[tuple[type, ...], str, Callable[[Any], str]]] = {
    "string": ((str,), "a text", str),
    "boolean": ((bool,), "true or false", lambda value: "true" if value else "false"),
    "integer": _INTEGER,
    "long": _INTEGER,
    "double": _NUMBER,
    "float": _NUMBER,
    # A moment goes on as it was given: whether it is one is decided where requests are read.
    "timestamp": ((str, int, float), "a moment as text, or seconds since 1970", str),
    "blob": ((str, bytes), "a text", _blob),
}
"""By the type's name: what is taken, how that is called, and how it is written."""


def _invalid(name: str, value: object, wanted: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Invalid type for parameter {name}: {shown(repr(value))} is not {wanted}.")
