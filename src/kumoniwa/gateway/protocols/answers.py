"""Answers of the query protocols: nested values keyed by botocore's member names to XML.

Writers are compiled from the model's shapes, tags included. `None` is absent, `[]` is present and empty (`<keySet/>`):
a writer writes what it is given. A member the model lacks is our own bug and raises `KeyError`.
"""

import base64
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from kumoniwa.api.written_once import Framed, Pieces, Place, Write, WrittenOnce

PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'

Writer = Write  # appends pieces of XML

# A carriage return would come out of the client's XML parser as a line feed.
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})
_SPECIAL = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escaped(text: str) -> str:
    """Text as XML. What XML cannot hold (a program's escape sequences in a reason) becomes U+FFFD."""
    if _SPECIAL.search(text) is None:  # a fifth of the cost of replacing, and nearly always true
        return text
    return _NOT_XML.sub("\ufffd", text).translate(_ENTITIES)


def ec2_moment(moment: datetime) -> str:
    """A time as EC2 prints it: `2013-05-08T18:45:53.000Z`. Raises `ValueError` for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} does not say where it is; times are aware")
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


class Writers:
    """Writers by shape, compiled on first use and shared by all actions.

    `without` are members, by structure, that are left out of whatever is written.
    """

    def __init__(self, without: Mapping[str, Collection[str]] | None = None) -> None:
        self._members: dict[str, Writer] = {}
        self._without = without or {}

    def members(self, shape: Any) -> Writer:
        """A writer of a structure's members, without an element around them."""
        if (known := self._members.get(shape.name)) is not None:
            return known
        fields: dict[str, Writer] = {}
        structure = shape.name

        def write(out: Pieces, value: Mapping[str, Any]) -> None:
            for name, child in value.items():
                if (field := fields.get(name)) is None:
                    raise KeyError(f"EC2's {structure} has no member {name}")
                if child is not None:
                    field(out, child)

        self._members[shape.name] = write  # before its members: shapes may contain themselves
        left_out = self._without.get(structure, ())
        for name, member in shape.members.items():
            tag = str(member.serialization.get("name", name))
            fields[name] = _nothing if name in left_out else self._element(tag, member)
        return write

    def _element(self, tag: str, shape: Any) -> Writer:
        match shape.type_name:
            case "structure":
                return _container(tag, self.members(shape))
            case "list":
                # Smithy's default where the model names none.
                item = self._element(str(shape.member.serialization.get("name", "member")), shape.member)
                return _container(tag, _each(item))
            case "map":
                return _container(tag, _entries(self._element("value", shape.value)))
            case "string":
                return _text_leaf(tag)
            case _:
                return _leaf(tag, _text(shape.type_name))


def _nothing(out: Pieces, value: Any) -> None:
    """Writes a member that is left out."""


def _container(tag: str, content: Writer) -> Writer:
    opening, closing, empty = f"<{tag}>", f"</{tag}>", f"<{tag}/>"

    def write(out: Pieces, value: Any) -> None:
        out.append(opening)
        begin = len(out)
        content(out, value)
        if len(out) == begin:
            out[-1] = empty
        else:
            out.append(closing)

    return write


def _entries(value: Writer) -> Writer:
    """A map, as the query protocol has it: an entry for each key."""

    def write(out: Pieces, values: Mapping[str, Any]) -> None:
        for key, each in values.items():
            out.append(f"<entry><key>{escaped(key)}</key>")
            value(out, each)
            out.append("</entry>")

    return write


def _each(item: Writer) -> Writer:
    def write(out: Pieces, values: Any) -> None:
        for value in values:
            kind = type(value)
            if kind is WrittenOnce:
                out.append(value.text(item))
            elif kind is Framed:
                out += value.pieces(item)
            elif kind is Place:
                value.fill(out, item)
            else:
                item(out, value)

    return write


def _text_leaf(tag: str) -> Writer:
    """As `_leaf`, of what most leaves are."""
    opening, closing, empty = f"<{tag}>", f"</{tag}>", f"<{tag}/>"
    special = _SPECIAL.search

    def write(out: Pieces, value: str) -> None:
        if special(value) is not None:
            value = escaped(value)
        out.append(f"{opening}{value}{closing}" if value else empty)

    return write


def _leaf(tag: str, text: Callable[[Any], str]) -> Writer:
    opening, closing, empty = f"<{tag}>", f"</{tag}>", f"<{tag}/>"

    def write(out: Pieces, value: Any) -> None:
        content = text(value)
        out.append(f"{opening}{content}{closing}" if content else empty)

    return write


def _text(type_name: str) -> Callable[[Any], str]:
    match type_name:
        case "boolean":
            return lambda value: "true" if value else "false"
        case "integer" | "long":
            return lambda value: str(int(value))
        case "double" | "float":
            return lambda value: repr(float(value))
        case "timestamp":
            return ec2_moment
        case "blob":
            return lambda value: base64.b64encode(value).decode("ascii")
        case other:
            raise NotImplementedError(f"EC2's model has gained the type {other}")
