"""AWS's JSON protocol, version 1.1, as Systems Manager, KMS and CloudTrail speak it.

The action is in the header X-Amz-Target, its parameters are an object, keyed by botocore's member names. What an object
has beyond the model is passed over, as AWS does. Readers walk what was sent as far as the model goes, so that hostile
input costs its own size and no more.
"""

import base64
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

from kumoniwa import base64_text
from kumoniwa.errors import Ec2Error, InvalidAction
from kumoniwa.gateway.json_objects import NotAnObject, read_object
from kumoniwa.gateway.protocols.codec import Traits, model_of, traits_of
from kumoniwa.gateway.protocols.model import Model, Operation, Shape
from kumoniwa.gateway.protocols.parameters import MAX_DEPTH, moment, shown
from kumoniwa.values import dataclass

CONTENT_TYPE = "application/x-amz-json-1.1"

_MOST_PROBLEMS = 10  # that one refusal names
_INVALID = "ValidationException"
_LARGEST = sys.float_info.max
_BITS = {"integer": 31, "long": 63}

Problems = list[str]
_Read = Callable[[Any, str, Problems], Any]
"""Of what was sent, and its path, a value; what breaks the model's limits is added to the problems."""
_Write = Callable[[Any], Any]

_CODES: Mapping[str, str] = {
    "AuthFailure": "InvalidSignatureException",
    "DryRunOperation": "DryRunOperationException",
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InternalError": "InternalFailure",
    "InvalidAction": "UnknownOperationException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "InvalidParameterValue": "ValidationException",
    "InvalidRequest": "ValidationException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "RequestExpired": "InvalidSignatureException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "Unavailable": "ServiceUnavailable",
    "UnsupportedOperation": "ValidationException",
}
"""What services that speak JSON call the refusals that all services have."""
_TEXTS: Mapping[str, str] = {
    "DryRunOperation": "The request would have succeeded, but the DryRun option is set.",
}
"""Those refusals that have other words than EC2's."""


class SerializationException(Ec2Error):
    """A request whose JSON is none, or has values of other types than the model."""

    def __init__(self, message: str) -> None:
        super().__init__("SerializationException", message)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What was made of an action's shapes."""

    traits: Traits
    read: _Read
    write: _Write | None


class JsonCodec:
    """Reads requests and writes answers of every action of a service's model, as `Codec` does for the query protocols.

    `target` is what stands before an action's name in X-Amz-Target; `invalid` is what the service calls parameters
    beyond the model's limits.
    """

    def __init__(
        self, service: str, version: str, target: str, kept_in: Path | None = None, *, invalid: str = _INVALID
    ) -> None:
        self.version, self.target, self._invalid = version, target, invalid
        self._service, self._kept_in = service, kept_in
        self._readers: dict[str, _Read] = {}
        self._writers: dict[str, _Write] = {}
        self._compiled: dict[str, _Compiled] = {}

    @cached_property
    def _model(self) -> Model:
        return model_of(self._service, self.version, self._kept_in)

    def actions(self) -> frozenset[str]:
        """The names of all actions that the service has."""
        return self._model.actions

    def has(self, action: str) -> bool:
        """Whether the service has an action of this name."""
        return action in self._model.actions

    def operation(self, action: str) -> Operation:
        """What the model says of an action. Raises `InvalidAction`."""
        if not self.has(action):
            raise InvalidAction(action)
        return self._model.operation(action)

    def traits(self, action: str) -> Traits:
        """Which of the parameters that many actions share this one takes. Raises `InvalidAction`."""
        return self._action(action).traits

    def asked(self, target: str | None, body: bytes) -> tuple[str, dict[str, Any]]:
        """The action that a request names, and what it gives. Raises `InvalidAction`, `SerializationException`."""
        prefix, dot, action = (target or "").rpartition(".")
        if not dot or prefix != self.target:
            raise InvalidAction(shown(target or ""))
        try:
            return shown(action), read_object(body)
        except NotAnObject as reason:
            raise SerializationException(f"The body of the request {reason}.") from None

    def parse(self, action: str, parameters: Iterable[tuple[str, Any]] | Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of an action, checked and keyed by member names, as they were read of JSON.

        Raises `InvalidAction`, `SerializationException`, and the service's refusal of what breaks the model's limits.
        """
        problems: Problems = []
        found: dict[str, Any] = self._action(action).read(dict(parameters), "", problems)
        if problems:
            errors = "1 validation error" if len(problems) == 1 else f"{len(problems)} validation errors"
            raise Ec2Error(self._invalid, f"{errors} detected: {'; '.join(problems[:_MOST_PROBLEMS])}")
        return found

    def written(self, action: str, parameters: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Parameters keyed by member names, as `parse` reads them: this protocol has no other form of them."""
        return list(parameters.items())

    def result(self, action: str, output: Mapping[str, Any] | None, request_id: str) -> list[bytes]:
        """The answer of an action. Raises `KeyError` for a member that the model does not have."""
        if (write := self._action(action).write) is None:
            assert not output, f"{action} has no output, and was given {', '.join(output or ())}"
            return [b"{}"]
        return [_written(write(output or {}))]

    def error(self, error: Ec2Error, request_id: str) -> bytes:
        """A refusal, in this protocol's words."""
        return refusal(error)

    def _action(self, action: str) -> _Compiled:
        if (known := self._compiled.get(action)) is not None:
            return known
        described = self.operation(action)
        write = None if described.output is None else self._writer(described.output)
        made = _Compiled(traits_of(described.input), self._reader(described.input), write)
        self._compiled[action] = made
        return made

    def _reader(self, shape: Shape) -> _Read:
        match shape.type_name:
            case "structure":
                return self._structure(shape)
            case "list":
                return _limited(_list(self._reader(shape.member)), shape, "length")
            case "map":
                return _map(self._reader(shape.value))
            case "string":
                return _limited(_text(shape), shape, "length")
            case "integer" | "long" as width:
                return _limited(_integer(_BITS[width]), shape, "value")
            case other:
                return _SCALARS[other]

    def _structure(self, shape: Shape) -> _Read:
        if (known := self._readers.get(shape.name)) is not None:
            return known
        fields: dict[str, tuple[str, _Read]] = {}
        required: list[str] = []

        def read(given: Any, path: str, problems: Problems) -> dict[str, Any]:
            if not isinstance(given, dict):
                raise SerializationException(f"Expected an object at '{path}'")
            if path.count(".") > 2 * MAX_DEPTH:  # a list takes two
                raise SerializationException(f"Objects are nested more than {MAX_DEPTH} deep.")
            prefix = f"{path}." if path else ""
            found: dict[str, Any] = {}
            for name, child in given.items():
                if child is not None and (field := fields.get(name)) is not None:
                    found[name] = field[1](child, prefix + field[0], problems)
            for name in required:
                if name not in found:
                    problems.append(_problem(None, prefix + fields[name][0], "Member must not be null"))
            return found

        self._readers[shape.name] = read  # before its members: shapes may contain themselves
        fields |= {name: (_camel(name), self._reader(member)) for name, member in shape.members.items()}
        required += shape.required_members
        return read

    def _writer(self, shape: Shape) -> _Write:
        match shape.type_name:
            case "structure":
                return self._object(shape)
            case "list":
                item = self._writer(shape.member)
                return lambda values: [item(value) for value in values]
            case "map":
                of = self._writer(shape.value)
                return lambda values: {key: of(value) for key, value in values.items()}
            case "timestamp":
                return _seconds
            case "blob":
                return lambda value: base64.b64encode(value).decode("ascii")
            case _:
                return lambda value: value

    def _object(self, shape: Shape) -> _Write:
        if (known := self._writers.get(shape.name)) is not None:
            return known
        fields: dict[str, _Write] = {}

        def write(output: Mapping[str, Any]) -> dict[str, Any]:
            return {name: fields[name](value) for name, value in output.items() if value is not None}

        self._writers[shape.name] = write  # before its members: shapes may contain themselves
        fields |= {name: self._writer(member) for name, member in shape.members.items()}
        return write


def json_codec(
    service: str, version: str, target: str, kept_in: Path | None = None, *, invalid: str = _INVALID
) -> JsonCodec:
    """The codec of a service that speaks JSON 1.1, such as `ssm`. See `Codec` for where its model is kept."""
    return JsonCodec(service, version, target, kept_in, invalid=invalid)


def refusal(error: Ec2Error) -> bytes:
    """A refusal in this protocol's words, whatever service is meant."""
    message = _TEXTS.get(error.code, error.message)
    return _written({"__type": _CODES.get(error.code, error.code), "message": message})


def status(error: Ec2Error) -> int:
    """The status of a refusal: services that speak JSON answer 400 to all but their own faults."""
    return int(error.status) if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else HTTPStatus.BAD_REQUEST


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _seconds(value: datetime) -> float:
    """A time as this protocol has it: seconds since 1970. Raises `ValueError` for a naive one."""
    if value.tzinfo is None:
        raise ValueError(f"{value} does not say where it is; times are aware")
    return round(value.astimezone(UTC).timestamp(), 3)


def _list(item: _Read) -> _Read:
    def read(given: Any, path: str, problems: Problems) -> list[Any]:
        if not isinstance(given, list):
            raise SerializationException(f"Expected a list at '{path}'")
        found = []
        for number, child in enumerate(given, 1):
            place = f"{path}.{number}.member"
            if child is None:
                problems.append(_problem(None, place, "Member must not be null"))
            else:
                found.append(item(child, place, problems))
        return found

    return read


def _map(value: _Read) -> _Read:
    def read(given: Any, path: str, problems: Problems) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise SerializationException(f"Expected a map at '{path}'")
        return {
            key: value(child, f"{path}.{shown(key)}.member", problems)
            for key, child in given.items()
            if child is not None
        }

    return read


def _text(shape: Shape) -> _Read:
    words = frozenset(shape.words)
    among = f"Member must satisfy enum value set: [{', '.join(shape.words)}]"

    def read(given: Any, path: str, problems: Problems) -> str:
        if not isinstance(given, str):
            raise SerializationException(f"{_kind(given)} can not be converted to a String")
        if words and given not in words:
            problems.append(_problem(given, path, among))
        return given

    return read


def _integer(bits: int) -> _Read:
    def read(given: Any, path: str, problems: Problems) -> int:
        if isinstance(given, bool) or not isinstance(given, int) or not -(1 << bits) <= given < 1 << bits:
            raise SerializationException(
                f"{_kind(given)} can not be converted to {'a Long' if bits > 31 else 'an Integer'}"
            )
        return given

    return read


def _number(given: Any, path: str, problems: Problems) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise SerializationException(f"{_kind(given)} can not be converted to a Double")
    if not -_LARGEST <= given <= _LARGEST:
        raise SerializationException(f"{_kind(given)} can not be converted to a Double")
    return float(given)


def _boolean(given: Any, path: str, problems: Problems) -> bool:
    if not isinstance(given, bool):
        raise SerializationException(f"{_kind(given)} can not be converted to a Boolean")
    return given


def _moment(given: Any, path: str, problems: Problems) -> datetime:
    """Seconds since 1970; SDKs may also write ISO 8601."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise SerializationException(f"{_kind(given)} can not be converted to a Date")
    try:
        return moment(given if isinstance(given, str) else f"{given:f}" if isinstance(given, float) else str(given))
    except ValueError:
        raise SerializationException(f"{_kind(given)} can not be converted to a Date") from None


def _blob(given: Any, path: str, problems: Problems) -> bytes:
    if not isinstance(given, str):
        raise SerializationException(f"{_kind(given)} can not be converted to a ByteBuffer")
    try:
        return base64_text.read(given)
    except ValueError:
        raise SerializationException(f"The value at '{path}' is not base64") from None


_SCALARS: Mapping[str, _Read] = {
    "boolean": _boolean,
    "double": _number,
    "float": _number,
    "timestamp": _moment,
    "blob": _blob,
}


def _limited(read: _Read, shape: Shape, what: str) -> _Read:
    """A reader with the model's limits of the length of a text or a list, or of a number's value."""
    least, most = shape.least, shape.most
    if least is None and most is None:
        return read

    def limited(given: Any, path: str, problems: Problems) -> Any:
        value = read(given, path, problems)
        size = value if what == "value" else len(value)
        if least is not None and size < least:
            problems.append(_problem(value, path, f"Member must have {what} greater than or equal to {least}"))
        elif most is not None and size > most:
            problems.append(_problem(value, path, f"Member must have {what} less than or equal to {most}"))
        return value

    return limited


def _problem(value: object, path: str, constraint: str) -> str:
    """What breaks a limit, in the words that AWS's services have in common."""
    told = "Value null" if value is None else f"Value '{shown(str(value))}'"
    return f"{told} at '{shown(path)}' failed to satisfy constraint: {constraint}"


def _kind(given: object) -> str:
    match given:
        case bool():
            return "TRUE_VALUE" if given else "FALSE_VALUE"
        case str():
            return "STRING_VALUE"
        case int() | float():
            return "NUMBER_VALUE"
        case list():
            return "START_ARRAY"
        case _:
            return "START_OBJECT"


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]
