"""JSON as the console's pages send and get it.

What they send is checked no further than its form: an action's parameters are the model's to check. What they get is
what the SDKs make of EC2's XML: absent where it is None, times in EC2's form, binary values in base64.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kumoniwa.api.written_once import Framed, Pieces, Place, WrittenOnce, joined
from kumoniwa.errors import InvalidRequest
from kumoniwa.gateway.json_objects import NotAnObject, read_object
from kumoniwa.gateway.protocols.answers import ec2_moment

_encode = json.JSONEncoder(ensure_ascii=False).encode
_WAY_OUT = "Send an object, as the console's pages do."


def read_json(body: bytes) -> dict[str, Any]:
    """The object that a body holds; an empty body is an empty object. Raises `InvalidRequest`."""
    try:
        return read_object(body)
    except NotAnObject as reason:
        raise InvalidRequest(f"its body {reason}", way_out=_WAY_OUT) from None


def given_text(read: Mapping[str, Any], name: str) -> str:
    """A member that must be there and be a text. Raises `InvalidRequest`."""
    if not isinstance(text := read.get(name), str) or not text:
        raise InvalidRequest(f"its {name} is not a text", way_out=f"Send {name} as a text that is not empty.")
    return text


def written_json(answer: Mapping[str, Any]) -> bytes:
    """An action's answer. Raises `TypeError` for what has no place in JSON."""
    pieces: Pieces = []
    _write(pieces, answer)
    return joined(pieces)


def _write(out: Pieces, value: Any) -> None:
    if isinstance(value, str):  # as most values are
        out.append(_encode(value))
    elif type(value) is WrittenOnce:
        out.append(value.text(_write_object))
    elif type(value) is Framed:
        out += value.pieces(_write_object, b",")
    elif type(value) is Place:
        value.fill(out, _write_object)
    elif isinstance(value, Mapping):
        _write_object(out, value)
    elif isinstance(value, bool | int | float):
        out.append(_encode(value))
    elif isinstance(value, datetime):
        out.append(f'"{ec2_moment(value)}"')
    elif isinstance(value, bytes):
        out.append(f'"{base64.b64encode(value).decode("ascii")}"')
    elif isinstance(value, Iterable):
        separator = "["
        for item in value:
            out.append(separator)
            _write(out, item)
            separator = ","
        out.append("[]" if separator == "[" else "]")
    else:
        raise TypeError(f"{type(value).__name__} has no place in JSON")


def _write_object(out: Pieces, value: Mapping[str, Any]) -> None:
    separator = "{"
    for name, member in value.items():
        if member is not None:
            out.append(f'{separator}"{name}":')
            _write(out, member)
            separator = ","
    out.append("{}" if separator == "{" else "}")
