"""Requests to values and values to answers, compiled from the model of a service.

An action is compiled on its first use, in about a millisecond; no code is generated and no action is special here. What
distinguishes the protocols is data: `ec2.py`, `query.py`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from kumoniwa.api.written_once import Pieces, in_parts
from kumoniwa.errors import Ec2Error, InvalidAction
from kumoniwa.gateway.protocols.answers import PROLOG, Writer, Writers
from kumoniwa.gateway.protocols.kept_model import KeptModel
from kumoniwa.gateway.protocols.model import Model, Operation, Shape
from kumoniwa.gateway.protocols.parameters import Names, Readers, tree
from kumoniwa.gateway.protocols.requests import Pairs, RequestWriters
from kumoniwa.values import dataclass


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
    answer: Callable[[str, str, str], tuple[str, str]]
    """What opens and what closes an answer, by action, request id and version of the API."""
    error: Callable[[Ec2Error, str], str]
    """A refusal, by error and request id."""
    says_done: bool = False
    """Whether an answer without content is `<return>true</return>`."""
    says_done_too: frozenset[str] = frozenset()
    """Actions whose answers have that beside their content, although the model does not say so."""
    earlier: frozenset[str] = frozenset()
    """Versions of the API before that of the model, which callers may still name."""
    later: Mapping[str, Collection[str]] | None = None
    """What answers in those leave out: members, by structure, over which programs of that time stumble."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What was made of an action's shapes."""

    traits: Traits
    read: Callable[[dict[str, Any]], dict[str, Any]]
    write: Writer
    write_earlier: Writer
    """The same in versions before that of the model."""


class Codec:
    """Reads requests and writes answers of every action of a service's model.

    The model is what `kept_in`, a folder, has of it (see `kept_model.py`); without one it is loaded from botocore.
    """

    def __init__(self, service: str, version: str, protocol: Protocol, kept_in: Path | None = None) -> None:
        self.version = version
        self._service = service
        self._protocol = protocol
        self._kept_in = kept_in
        self._readers, self._writers = Readers(protocol.names), Writers()
        self._earlier_writers = Writers(protocol.later)
        self._compiled: dict[str, _Compiled] = {}
        self._requests = RequestWriters(protocol.names)
        self._written: dict[str, Callable[[Mapping[str, Any]], Pairs]] = {}

    @cached_property
    def _model(self) -> Model:
        return model_of(self._service, self.version, self._kept_in)

    def speaks(self, version: str) -> bool:
        """Whether callers may name this version of the API: that of the model, or one before it."""
        return version == self.version or version in self._protocol.earlier

    def actions(self) -> frozenset[str]:
        """The names of all actions that the service has."""
        return self._model.actions

    def has(self, action: str) -> bool:
        """Whether the service has an action of this name."""
        return action in self._model.actions

    def traits(self, action: str) -> Traits:
        """Which of the parameters that many actions share this one takes. Raises `InvalidAction`."""
        return self._action(action).traits

    def parse(self, action: str, parameters: Iterable[tuple[str, str]] | Mapping[str, str]) -> dict[str, Any]:
        """The parameters of an action, checked and keyed by member names.

        `parameters` are those of the action alone: no `Action`, `Version` or signature. Raises `InvalidAction`,
        `MissingParameter`, `UnknownParameter`, `InvalidParameterValue` and `InvalidRequest`, with EC2's words and the
        names used on the wire.
        """
        read = self._action(action).read
        return read(tree(parameters.items() if isinstance(parameters, Mapping) else parameters))

    def written(self, action: str, parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Parameters keyed by member names, as a client writes them on the wire: what `parse` reads.

        Raises `InvalidAction`, `UnknownParameter` for what the model has not, `InvalidParameterValue` for what has
        another type, and `InvalidRequest` for what is nested too deep.
        """
        if (write := self._written.get(action)) is None:
            write = self._written[action] = self._requests.request(self.operation(action).input)
        return write(parameters)

    def result(
        self, action: str, output: Mapping[str, Any] | None, request_id: str, version: str | None = None
    ) -> list[bytes]:
        """The answer of an action, in parts: `None` where it has nothing to tell (`<return>true</return>`).

        Its namespace is that of `version`, which the caller named; that of the model where none is given. Raises
        `KeyError` for a member that the model does not have.
        """
        opening, closing = self._protocol.answer(action, request_id, version or self.version)
        out: Pieces = [PROLOG, opening]
        compiled = self._action(action)
        (compiled.write if version in (None, self.version) else compiled.write_earlier)(out, output)
        out.append(closing)
        return in_parts(out)

    def error(self, error: Ec2Error, request_id: str) -> bytes:
        """A refusal, in the protocol's envelope."""
        return f"{PROLOG}{self._protocol.error(error, request_id)}".encode()

    def _action(self, action: str) -> _Compiled:
        if (known := self._compiled.get(action)) is not None:
            return known
        described = self.operation(action)
        traits = traits_of(described.input)
        read = self._readers.request(described.input)
        write, write_earlier = (
            self._result_writer(action, described.output, writers) for writers in (self._writers, self._earlier_writers)
        )
        compiled = self._compiled[action] = _Compiled(traits, read, write, write_earlier)
        return compiled

    def operation(self, action: str) -> Operation:
        """What the model says of an action. Raises `InvalidAction`."""
        if not self.has(action):
            raise InvalidAction(action)
        return self._model.operation(action)

    def _result_writer(self, action: str, shape: Shape | None, writers: Writers) -> Writer:
        fields = writers.members(shape) if shape is not None else None
        says_done_too = action in self._protocol.says_done_too
        says_done = self._protocol.says_done and (shape is None or "Return" in shape.members)

        def write(out: Pieces, output: Mapping[str, Any] | None) -> None:
            if not output and says_done:
                out.append("<return>true</return>")
            elif output and fields is None:
                raise KeyError(f"{action} has no output, and was given {', '.join(output)}")
            elif output and fields is not None:
                if says_done_too:
                    out.append("<return>true</return>")
                fields(out, output)

        return write


def model_of(service: str, version: str, kept_in: Path | None) -> Model:
    """The model of a service: what `kept_in`, a folder, has of it; without one it is loaded from botocore."""
    if kept_in is not None:
        return KeptModel(service, version, kept_in)
    # A server reads what was kept of the model, and has no use for botocore.
    from kumoniwa.gateway.protocols.botocore_model import BotocoreModel

    return BotocoreModel(service, version)


def traits_of(taken: Shape) -> Traits:
    """Which of the parameters that many actions share an action takes, by the shape of its request."""
    members = taken.members
    return Traits(
        dry_run="DryRun" in members,
        client_token="ClientToken" in members,
        paged="MaxResults" in members and "NextToken" in members,
    )
