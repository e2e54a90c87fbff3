"""EC2's query protocol, compiled from botocore's model of it: requests to values, values to XML.

An action is compiled on its first use, in about a millisecond; no code is generated and no action is special here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from kumoniwa.errors import Ec2Error, InvalidAction
from kumoniwa.gateway.protocols.ec2.answers import PROLOG, Writer, Writers, escaped
from kumoniwa.gateway.protocols.ec2.parameters import Readers, tree

API_VERSION = "2016-11-15"

# With a trailing slash, unlike the model's: libcloud looks elements up by it.
_NAMESPACE = f"http://ec2.amazonaws.com/doc/{API_VERSION}/"


@dataclass(frozen=True, slots=True)
class Traits:
    """What an action has in common with many others, so that it can be treated once, outside of it."""

    dry_run: bool  # takes DryRun
    client_token: bool  # takes ClientToken
    paged: bool  # takes MaxResults and NextToken


def service_model(service: str, version: str) -> Any:
    """botocore's own model of a service, never one that a user keeps in `~/.aws/models`."""
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(service, "service-2", api_version=version), service)


class Codec:
    """Reads requests and writes answers of every action of the model. Loading the model takes a fifth of a second."""

    def __init__(self) -> None:
        self._model = service_model("ec2", API_VERSION)
        self._actions = frozenset(map(str, self._model.operation_names))
        self._readers, self._writers = Readers(), Writers()
        self._read: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self._write: dict[str, Writer] = {}

    def actions(self) -> frozenset[str]:
        """The names of all actions EC2 has."""
        return self._actions

    def has(self, action: str) -> bool:
        """Whether EC2 has an action of this name."""
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

    def result(self, action: str, output: Mapping[str, Any] | None, request_id: str) -> bytes:
        """The answer of an action: `None` where it has nothing to tell (`<return>true</return>`).

        Raises `KeyError` for a member that the model does not have.
        """
        if (write := self._write.get(action)) is None:
            write = self._write[action] = self._result_writer(action)
        out = [
            PROLOG,
            f'<{action}Response xmlns="{_NAMESPACE}"><requestId>{escaped(request_id)}</requestId>',
        ]
        write(out, output)
        out.append(f"</{action}Response>")
        return "".join(out).encode()

    def error(self, error: Ec2Error, request_id: str) -> bytes:
        """A refusal, in EC2's envelope."""
        return (
            f"{PROLOG}<Response><Errors><Error><Code>{escaped(error.code)}</Code>"
            f"<Message>{escaped(error.message)}</Message></Error></Errors>"
            f"<RequestID>{escaped(request_id)}</RequestID></Response>"
        ).encode()

    def _operation(self, action: str) -> Any:
        if action not in self._actions:
            raise InvalidAction(action)
        return self._model.operation_model(action)

    def _result_writer(self, action: str) -> Writer:
        shape = self._operation(action).output_shape
        fields = self._writers.members(shape) if shape is not None else None
        says_done = shape is None or "Return" in shape.members

        def write(out: list[str], output: Mapping[str, Any] | None) -> None:
            if not output and says_done:
                out.append("<return>true</return>")
            elif output and fields is None:
                raise KeyError(f"{action} has no output, and was given {', '.join(output)}")
            elif output and fields is not None:
                fields(out, output)

        return write
