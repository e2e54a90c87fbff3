"""Requests of the query protocols: flat names on the wire to nested values keyed by botocore's member names.

`Filter.2.Value.1=web` becomes `{"Filters": [{"Values": ["web"]}]}`. Readers are compiled from the model's shapes; they
walk what was sent, not the hundreds of members that might have been, so hostile input costs its own size and no more.

What EC2's clients really send, and what is made of it:

* lists start at 1 with most, at 0 with libcloud; order is by number, gaps are closed;
* an empty scalar means "absent" (Packer sends `SubnetId=`), except where EC2 refuses it (`refusals.SENT_EMPTY`), where
  it is called `Value` (a tag may be empty) or `NoDevice` (of which only the presence counts, and every client sends it
  empty), and but for the user data of launch templates (Terraform makes some that say no more than that they are
  empty);
* an empty list cannot be said at all to EC2: `Filter=` is refused, as EC2 refuses it (smithy-lang/smithy#2269). To a
  service whose lists have a level of their own, it is one.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from kumoniwa import base64_text
from kumoniwa.clock import within_reach
from kumoniwa.errors import Ec2Error, InvalidParameterValue, InvalidRequest, MissingParameter, UnknownParameter
from kumoniwa.gateway.protocols.refusals import EMPTY, LEFT_OUT, MISSING, SENT_EMPTY, UNKNOWN
from kumoniwa.values import dataclass

MAX_DEPTH = 32
MAX_PARAMETERS = 10_000

# Enumerations that actions check better than a list of names can: with EC2's own words, or against what this cloud has.
LEFT_TO_ACTIONS = frozenset(
    {
        "FleetOnDemandAllocationStrategy",
        "InstanceType",
        "PermissionGroup",
        "ResourceType",
        "SpotAllocationStrategy",
        "VolumeType",
        "VpcTenancy",
    }
)

Node = str | dict[str, Any]  # a value, or named branches, each again a Node
Refusal = Callable[[], Ec2Error]
Reader = Callable[[Node, str], Any]  # (what was sent, its name on the wire) -> value; raises an Ec2Error

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_EPOCH = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BITS = {"integer": 31, "long": 63}
_EMPTY_IS_A_VALUE = frozenset({"NoDevice", "Value"})
_EMPTY_IS_A_VALUE_OF = frozenset(
    {("ModifyInstancePlacementRequest", "GroupName"), ("RequestLaunchTemplateData", "UserData")}
)


def tree(parameters: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Flat names to branches: `A.1.B=x` to `{"A": {"1": {"B": "x"}}}`, in time of the parameters' number.

    Raises `InvalidRequest` for a name given twice or as both value and branch, and past the limits of depth and number.
    """
    root: dict[str, Any] = {}
    for count, (name, value) in enumerate(parameters):
        if count >= MAX_PARAMETERS:
            raise InvalidRequest(
                f"more than {MAX_PARAMETERS} parameters were given", way_out="Ask for less in one request."
            )
        if _NOT_XML.search(value):
            raise InvalidParameterValue(f"Value for parameter {shown(name)} contains a character that XML cannot hold.")
        *branches, leaf = name.split(".", MAX_DEPTH)
        if "." in leaf:
            raise InvalidRequest(
                f"parameters are nested more than {MAX_DEPTH} deep",
                way_out="None of EC2's is: look for dots in its name.",
            )
        node = root
        for branch in branches:
            node = node.setdefault(branch, {})
            if not isinstance(node, dict):
                raise InvalidRequest(
                    f"the parameter {shown(name)} continues one that has a value already",
                    way_out="Give it a value, or members.",
                )
        if leaf in node:
            raise InvalidRequest(f"the parameter {shown(name)} was given twice", way_out="Give it once.")
        node[leaf] = value
    return root


def shown(text: str) -> str:
    """What a caller sent, as messages repeat it: not at any length."""
    return text if len(text) <= 200 else f"{text[:200]}…"


@dataclass(frozen=True, slots=True)
class Names:
    """How a protocol names members in a request."""

    of_member: Callable[[str, dict[str, Any]], str]
    """A member's name on the wire, by its own name and its serialization in the model."""
    list_level: str | None = None
    """What stands between a list's name and the numbers of its items, where the model does not call the list flat."""


class Readers:
    """Readers by shape, compiled on first use and shared by all actions."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._structures: dict[str, Reader] = {}

    def request(self, shape: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """A reader of a whole request with this input shape."""
        read = self._structure(shape)
        return lambda root: dict(read(root, ""))

    def _reader(self, shape: Any, *, keep_empty: bool, sent_empty: Refusal | None = None) -> Reader:
        match shape.type_name:
            case "structure":
                return self._structure(shape)
            case "list":
                return self._list(shape, keep_empty=keep_empty, sent_empty=sent_empty)
            case _:
                return _scalar(shape)

    def _structure(self, shape: Any) -> Reader:
        if (known := self._structures.get(shape.name)) is not None:
            return known
        fields: dict[str, tuple[str, Reader, bool, Refusal | None]] = {}
        required: list[tuple[str, str]] = []

        def read(node: Node, path: str) -> dict[str, Any]:
            if isinstance(node, str):
                raise InvalidRequest(
                    f"the parameter {path} has members and cannot be a value itself",
                    way_out="Give its members, each with a dot and its name.",
                )
            prefix = f"{path}." if path else ""
            value: dict[str, Any] = {}
            for wire, child in node.items():
                if (field := fields.get(wire)) is None:
                    raise UnknownParameter(shown(prefix + wire))
                name, reader, empty_is_absent, sent_empty = field
                if child == "" and empty_is_absent:
                    if sent_empty is not None:
                        raise sent_empty()
                    continue
                member = reader(child, prefix + wire)
                if member != {}:
                    value[name] = member
            if path and not value:
                return value  # all was sent empty, `IamInstanceProfile.Name=`: it is absent, and lacks nothing
            for name, wire in required:
                if name not in value:
                    own = MISSING.get((shape.name, name))
                    raise MissingParameter(prefix + wire) if own is None else own()
            return value

        self._structures[shape.name] = read  # before its members: shapes may contain themselves
        for name, member in shape.members.items():
            wire = self._names.of_member(name, member.serialization)
            keep_empty = wire in _EMPTY_IS_A_VALUE or (shape.name, name) in _EMPTY_IS_A_VALUE_OF
            scalar = member.type_name not in ("structure", "list")
            text = member.type_name in ("string", "blob")
            sent_empty = SENT_EMPTY.get((shape.name, name))
            reader = self._reader(member, keep_empty=keep_empty, sent_empty=sent_empty)
            fields[wire] = (name, reader, scalar and not (keep_empty and text), sent_empty)
        required.extend(
            (name, self._names.of_member(name, shape.members[name].serialization))
            for name in shape.required_members
            if (shape.name, name) not in LEFT_OUT
        )
        return read

    def _list(self, shape: Any, *, keep_empty: bool, sent_empty: Refusal | None = None) -> Reader:
        reader = self._reader(shape.member, keep_empty=keep_empty)
        level = None if shape.serialization.get("flattened") else self._names.list_level

        def read(node: Node, path: str) -> list[Any]:
            if node == "":
                if level is not None:  # only EC2 has no word for it
                    return []
                raise InvalidRequest()
            if level is not None and isinstance(node, dict):
                if node.keys() != {level}:
                    raise UnknownParameter(shown(f"{path}.{min(node.keys() - {level})}"))
                node, path = node[level], f"{path}.{level}"
            if isinstance(node, str):
                # `KeyName=x` for `KeyName.1=x`: libcloud sends it, and EC2 took it from fog for years (fog#491).
                node = {"1": node}
            for index in node:
                if _INDEX.fullmatch(index) is None:
                    raise UnknownParameter(shown(f"{path}.{index}"))
            values = []
            for index in sorted(node, key=int):
                if node[index] == "" and not keep_empty:
                    # So EC2 answers DescribeInstances with `InstanceId.1=` (aws-sdk-java#1131).
                    raise MissingParameter(path) if sent_empty is None else sent_empty()
                value = reader(node[index], f"{path}.{index}")
                if value == {}:
                    own = EMPTY.get(shape.member.name)
                    raise MissingParameter(f"{path}.{index}") if own is None else own()
                values.append(value)
            return values

        return read


def _scalar(shape: Any) -> Reader:
    convert = _conversion(shape)

    def read(node: Node, path: str) -> Any:
        if not isinstance(node, str):
            raise UnknownParameter(shown(f"{path}.{next(iter(node))}"))
        try:
            return convert(node)
        except ValueError:
            if (own := UNKNOWN.get(shape.name)) is not None:
                raise own(shown(node)) from None
            raise InvalidParameterValue(f"Value ({shown(node)}) for parameter {path} is invalid.") from None

    return read


def _conversion(shape: Any) -> Callable[[str], Any]:
    """What makes a value of the shape's type of its text, or raises `ValueError`."""
    match shape.type_name:
        case "string":
            words = frozenset(shape.words)
            return _word(words) if words and shape.name not in LEFT_TO_ACTIONS else str
        case "boolean":
            return _boolean
        case "integer" | "long" as width:
            return _integer(_BITS[width])
        case "double" | "float":
            return _number
        case "timestamp":
            return moment
        case "blob":
            return base64_text.read
        case other:
            raise NotImplementedError(f"EC2's model has gained the type {other}")


def _word(words: frozenset[str]) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return convert


def _boolean(text: str) -> bool:
    match text.lower():  # libcloud sends `True`
        case "true":
            return True
        case "false":
            return False
        case _:
            raise ValueError(text)


def _integer(bits: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if _INTEGER.fullmatch(text) is None:  # Python's int() would take " 1_000 "
            raise ValueError(text)
        number = int(text)
        if not -(1 << bits) <= number < 1 << bits:
            raise ValueError(text)
        return number

    return convert


def _number(text: str) -> float:
    if len(text) > 64 or _NUMBER.fullmatch(text) is None:
        raise ValueError(text)
    return float(text)


def moment(text: str) -> datetime:
    """A time as clients write it: ISO 8601 with any offset (UTC if none), or seconds since 1970."""
    try:
        if _EPOCH.fullmatch(text):
            return within_reach(datetime.fromtimestamp(float(text), UTC))
        if _MOMENT.fullmatch(text):
            return within_reach(datetime.fromisoformat(text))
    except OverflowError as beyond:
        raise ValueError(text) from beyond
    raise ValueError(text)
