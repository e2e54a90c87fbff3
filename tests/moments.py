"""Moments in requests: where the model of a service has them, at any depth, and in which forms clients write them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from kumoniwa.gateway.protocols.ec2 import wire_name

_NOON = datetime(2030, 1, 2, 12, 0, tzinfo=UTC)

FORMS = {
    "2030-01-02T12:00:00Z": _NOON,
    "2030-01-02T12:00:00": _NOON,
    "2030-01-02T12:00:00.000Z": _NOON,
    "2030-01-02T12:00:00.250Z": _NOON + timedelta(milliseconds=250),
    "2030-01-02T12:00:00.123456Z": _NOON + timedelta(microseconds=123456),
    "2030-01-02T14:00:00+02:00": _NOON.astimezone(timezone(timedelta(hours=2))),
    "2030-01-02T07:30:00-0430": _NOON,
    "1893585600": _NOON,
    "1893585600.25": _NOON + timedelta(milliseconds=250),
    "0": datetime(1970, 1, 1, tzinfo=UTC),
    "-1": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
    "0002-01-01T00:00:00Z": datetime(2, 1, 1, tzinfo=UTC),
    "9998-12-31T23:59:59Z": datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC),
}
"""Every form that is taken, and the moment it is."""
NO_MOMENTS = [
    "0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00",
    "0001-01-01T00:00:00+01:00", "10000-01-01T00:00:00Z", "-2030-01-02T12:00:00Z", "2030-02-30T00:00:00Z",
    "2030-13-01T00:00:00Z", "2030-01-02T25:00:00Z", "2030-01-02T12:00:00+25:00", "2030-01-02T12:00:00 +02:00", "now",
    "tomorrow", "Jan 5 2030", "1e400", "1e3", "nan", "inf", "9" * 5000, "99999999999999999999",
    "-99999999999999999999", "2030-01-02T12:00:00Z junk", "\u0661\u0668", " ", "true",
]  # fmt: skip
"""Broken, beyond the calendar or too close to its ends, or of a form that EC2 does not document."""

Path = tuple[tuple[str, str], ...]
"""From the outside of a request to a value in it: pairs of the name on the wire and the member's, "" for an item."""


def moments_in(shape: Any, path: Path = (), above: tuple[str, ...] = ()) -> Iterator[Path]:
    """Each moment in a request of this shape, in lists and structures too."""
    if shape is None or shape.name in above:
        return
    if shape.type_name == "timestamp":
        yield path
    elif shape.type_name == "list":
        yield from moments_in(shape.member, (*path, ("1", "")), (*above, shape.name))
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            step = (wire_name(name, member.serialization), name)
            yield from moments_in(member, (*path, step), (*above, shape.name))


def on_the_wire(path: Path) -> str:
    """The parameter's name in a request."""
    return ".".join(wire for wire, _ in path)


def with_moment(shape: Any, path: Path, text: str) -> dict[str, str]:
    """A request of this shape with this text at that path, and a value of everything that must be beside it."""
    return {**dict(_required(shape, "", path)), on_the_wire(path): text}


def at(path: Path, parameters: Any) -> Any:
    """What parameters, keyed by members' names, have at this path."""
    for _, name in path:
        parameters = parameters[name] if name else parameters[0]
    return parameters


def in_json(parameters: dict[str, Any], path: Path, given: object) -> dict[str, Any]:
    """The parameters of a request that was read, as JSON has them, with this at that path."""

    def with_texts(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: with_texts(member) for name, member in value.items()}
        if isinstance(value, list):
            return [with_texts(item) for item in value]
        return "0" if isinstance(value, datetime) else value.decode() if isinstance(value, bytes) else value

    written: dict[str, Any] = with_texts(parameters)
    at(path[:-1], written)[path[-1][1] or 0] = given
    return written


def refusal(path: Path, text: str) -> str:
    """EC2's words for a text there that is no moment."""
    shown = text if len(text) <= 200 else f"{text[:200]}…"
    return f"Value ({shown}) for parameter {on_the_wire(path)} is invalid."


def _required(shape: Any, at: str, path: Path) -> Iterator[tuple[str, str]]:
    wire = path[0][0] if path else ""
    if shape.type_name == "structure":
        on_the_way = [name for _, name in path[:1]]
        for name in {*shape.required_members, *on_the_way} or {_simplest(shape)}:
            member = shape.members[name]
            step = wire_name(name, member.serialization)
            yield from _required(member, f"{at}{step}.", path[1:] if step == wire else ())
    elif shape.type_name == "list":
        yield from _required(shape.member, f"{at}1.", path[1:])
    else:
        words = shape.metadata.get("enum", ["eA=="])
        number = str(shape.metadata.get("min", 1))
        yield at.rstrip("."), {"integer": number, "boolean": "true", "timestamp": "0"}.get(shape.type_name, words[0])


def _simplest(shape: Any) -> str:
    members: dict[str, Any] = shape.members
    return min(members, key=lambda name: members[name].type_name in ("structure", "list"))
