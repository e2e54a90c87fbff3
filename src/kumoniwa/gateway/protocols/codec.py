"""Requests to values and values to answers, compiled from botocore's model of a service.

An action is compiled on its first use, in about a millisecond; no code is generated and no action is special here. What
distinguishes the protocols is data: `ec2.py`, `query.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

from kumoniwa.api.written_once import Pieces, joined
from kumoniwa.errors import Ec2Error, InvalidAction, InvalidParameterValue
from kumoniwa.gateway.protocols.answers import PROLOG, Writer, Writers
from kumoniwa.gateway.protocols.parameters import Names, Readers, tree


@dataclass(frozen=True, slots=True)
class Traits:
    """What an action has in common with many others, so that it can be treated once, outside of it."""

    dry_run: bool  # takes DryRun
    client_token: bool  # takes ClientToken
    paged: bool  # takes MaxResults and NextToken


@dataclass(frozen=True, slots=True)
class Protocol:
    """What distinguishes a protocol: how members are named in a request, and what stands around an answer."""

    names: Names
    answer: Callable[[str, str], tuple[str, str]]
    """What opens and what closes an answer, by action and request id."""
    error: Callable[[Ec2Error, str], str]
    """A refusal, by error and request id."""
    says_done: bool = False
    """Whether an answer without content is `<return>true</return>`."""


def service_model(service: str, version: str) -> Any:
    """botocore's own model of a service, never one that a user keeps in `~/.aws/models`."""
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(service, "service-2", api_version=version), service)


class _Validator(ParamValidator):  # type: ignore[misc]
    """botocore's. A moment goes on as it was given: whether it is one is decided where requests are read.

    botocore would take whatever dateutil does, and write a year before 1000 in fewer than four digits.
    """

    def _validate_timestamp(self, given: object, _shape: object, errors: Any, name: str) -> None:
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            errors.report(name, "invalid type", param=given, valid_types=["a moment as text", "seconds since 1970"])


class Codec:
    """Reads requests and writes answers of every action of a service's model, which is loaded on first use."""

    def __init__(self, service: str, version: str, protocol: Protocol) -> None:
        self.version = version
        self._service = service
        self._protocol = protocol
        self._readers, self._writers = Readers(protocol.names), Writers()
        self._read: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self._write: dict[str, Writer] = {}

    @cached_property
    def _model(self) -> Any:
        return service_model(self._service, self.version)

    @cached_property
    def _actions(self) -> frozenset[str]:
        return frozenset(map(str, self._model.operation_names))

    def actions(self) -> frozenset[str]:
        """The names of all actions that the service has."""
        return self._actions

    def has(self, action: str) -> bool:
        """Whether the service has an action of this name."""
        return action in self._actions

    def traits(self, action: str) -> Traits:
        """Which of the parameters that many actions share this one takes. Raises `InvalidAction`."""
        members = self._operation(action).input_shape.members
        return Traits(
            dry_run="DryRun" in members,
            client_token="ClientToken" in members,
            paged="MaxResults" in members and "NextToken" in members,
        )

    def parse(self, action: str, parameters: Iterable[tuple[str, str]] | Mapping[str, str]) -> dict[str, Any]:
        """The parameters of an action, checked and keyed by member names.

        `parameters` are those of the action alone: no `Action`, `Version` or signature. Raises `InvalidAction`,
        `MissingParameter`, `UnknownParameter`, `InvalidParameterValue` and `InvalidRequest`, with EC2's words and the
        names used on the wire.
        """
        if (read := self._read.get(action)) is None:
            read = self._read[action] = self._readers.request(self._operation(action).input_shape)
        return read(tree(parameters.items() if isinstance(parameters, Mapping) else parameters))

    def written(self, action: str, parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Parameters keyed by member names, as a client writes them on the wire: what `parse` reads.

        Raises `InvalidAction`, and `InvalidParameterValue` for what the model does not have or that has another type.
        """
        operation = self._operation(action)
        try:
            # It must come first: the serializer would split a string that is given for a list into letters.
            report = _Validator().validate(parameters, operation.input_shape)
            if report.has_errors():
                raise InvalidParameterValue(report.generate_report())
            serializer = create_serializer(self._model.metadata["protocol"], include_validation=False)
            serializer._convert_timestamp_to_str = lambda moment, _form=None: str(moment)
            body = serializer.serialize_to_request(parameters, operation)["body"]
        except (TypeError, ValueError, OverflowError, RuntimeError) as failure:
            raise InvalidParameterValue(str(failure)) from None
        return [(name, str(value)) for name, value in body.items() if name not in ("Action", "Version")]

    def result(self, action: str, output: Mapping[str, Any] | None, request_id: str) -> bytes:
        """The answer of an action: `None` where it has nothing to tell (`<return>true</return>`).

        Raises `KeyError` for a member that the model does not have.
        """
        if (write := self._write.get(action)) is None:
            write = self._write[action] = self._result_writer(action)
        opening, closing = self._protocol.answer(action, request_id)
        out: Pieces = [PROLOG, opening]
        write(out, output)
        out.append(closing)
        return joined(out)

    def error(self, error: Ec2Error, request_id: str) -> bytes:
        """A refusal, in the protocol's envelope."""
        return f"{PROLOG}{self._protocol.error(error, request_id)}".encode()

    def _operation(self, action: str) -> Any:
        if action not in self._actions:
            raise InvalidAction(action)
        return self._model.operation_model(action)

    def _result_writer(self, action: str) -> Writer:
        shape = self._operation(action).output_shape
        fields = self._writers.members(shape) if shape is not None else None
        says_done = self._protocol.says_done and (shape is None or "Return" in shape.members)

        def write(out: Pieces, output: Mapping[str, Any] | None) -> None:
            if not output and says_done:
                out.append("<return>true</return>")
            elif output and fields is None:
                raise KeyError(f"{action} has no output, and was given {', '.join(output)}")
            elif output and fields is not None:
                fields(out, output)

        return write
