"""Moments in requests: every parameter of EC2's model that is one takes every form that clients write."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from kumoniwa.errors import InvalidParameterValue
from kumoniwa.gateway.protocols.codec import service_model
from kumoniwa.gateway.protocols.ec2 import ec2_codec, wire_name

MODEL = service_model("ec2", "2016-11-15")
CODEC = ec2_codec()
NOON = datetime(2030, 1, 2, 12, 0, tzinfo=UTC)

FORMS = {
    "2030-01-02T12:00:00Z": NOON,
    "2030-01-02T12:00:00": NOON,
    "2030-01-02T12:00:00.000Z": NOON,
    "2030-01-02T12:00:00.250Z": NOON + timedelta(milliseconds=250),
    "2030-01-02T12:00:00.123456Z": NOON + timedelta(microseconds=123456),
    "2030-01-02T14:00:00+02:00": NOON.astimezone(timezone(timedelta(hours=2))),
    "2030-01-02T07:30:00-0430": NOON,
    "1893585600": NOON,
    "1893585600.25": NOON + timedelta(milliseconds=250),
    "0": datetime(1970, 1, 1, tzinfo=UTC),
    "0002-01-01T00:00:00Z": datetime(2, 1, 1, tzinfo=UTC),
    "9998-12-31T23:59:59Z": datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC),
}
REFUSED = [
    "0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00",
    "0001-01-01T00:00:00+01:00", "10000-01-01T00:00:00Z", "2030-02-30T00:00:00Z", "2030-13-01T00:00:00Z",
    "2030-01-02T25:00:00Z", "2030-01-02T12:00:00+25:00", "now", "tomorrow", "1e400", "nan", "inf", "9" * 5000,
    "99999999999999999999", "-99999999999999999999", "2030-01-02T12:00:00Z junk", "\u0661\u0668", " ", "true",
]  # fmt: skip


def _moments(shape: Any, path: tuple[tuple[str, str], ...] = (), above: tuple[str, ...] = ()) -> Iterator[Any]:
    """Each moment in a request: pairs of the name on the wire and the member's, from the outside to it."""
    if shape.name in above:
        return
    if shape.type_name == "timestamp":
        yield path
    elif shape.type_name == "list":
        yield from _moments(shape.member, (*path, ("1", "")), (*above, shape.name))
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            step = (wire_name(name, member.serialization), name)
            yield from _moments(member, (*path, step), (*above, shape.name))


def _required(shape: Any, at: str, path: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """A value of everything that must be beside the moment at this path, and around it."""
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
        yield at.rstrip("."), {"integer": "1", "boolean": "true", "timestamp": "0"}.get(shape.type_name, words[0])


def _simplest(shape: Any) -> str:
    members: dict[str, Any] = shape.members
    return min(members, key=lambda name: members[name].type_name in ("structure", "list"))


MOMENTS = [
    (action, path)
    for action in MODEL.operation_names
    for path in _moments(MODEL.operation_model(action).input_shape)
]  # fmt: skip


def _given(action: str, path: Any, text: str) -> Any:
    """What an action is given where its request has this text at this path."""
    asked = dict(_required(MODEL.operation_model(action).input_shape, "", path))
    asked[".".join(wire for wire, _ in path)] = text
    value: Any = CODEC.parse(action, asked)
    for _, name in path:
        value = value[name] if name else value[0]
    return value


def test_there_are_moments_to_walk() -> None:
    assert {"EnableImageDeprecation", "ImportSnapshot", "RunInstances"} <= {action for action, _ in MOMENTS}
    assert len(MOMENTS) >= 50


@pytest.mark.parametrize("text", FORMS)
def test_every_form_of_a_moment_is_understood(text: str) -> None:
    for action, path in MOMENTS:
        assert _given(action, path, text) == FORMS[text], (action, path)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_moment_is_refused_and_named(text: str) -> None:
    for action, path in MOMENTS:
        with pytest.raises(InvalidParameterValue) as refused:
            _given(action, path, text)
        named = ".".join(wire for wire, _ in path)
        shown = text if len(text) <= 200 else f"{text[:200]}…"
        assert refused.value.message == f"Value ({shown}) for parameter {named} is invalid.", (action, path)
