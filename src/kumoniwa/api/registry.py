"""The actions Kumoniwa has, by name, and what passes between them and the gateway.

An action is a function of one API call: it checks, writes rows, starts a workflow and answers. Its parameters and its
answer are keyed by botocore's member names (`InstanceIds`, not `InstanceId.1`); in an answer `None` means absent,
`[]` present and empty, and every time is aware.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from kumoniwa.api.unbuilt import Unbuilt

if TYPE_CHECKING:
    from kumoniwa.api.cloud import Cloud

Parameters = Mapping[str, Any]
Answer = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Token:
    """A caller's ClientToken, with the fingerprint of the parameters it came with."""

    value: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Call:
    """One API call, as an action sees it."""

    action: str
    account: str
    region: str
    request_id: str
    principal: str  # access key id
    at: datetime
    token: Token | None = None


class TokenStore(Protocol):
    """The ClientTokens that were used, as the actions' own transactions recorded them."""

    async def find(self, call: Call) -> Mapping[str, Any] | None:
        """The answer that was given to this token in this account, region and action; None for a new token.

        Raises `IdempotentParameterMismatch` where the fingerprint differs. `call.token` is never None here.
        """
        ...


class ActionFunction(Protocol):
    """One action. Raises `Ec2Error` to refuse; None answers "done" where there is nothing to tell."""

    async def __call__(self, cloud: "Cloud", call: Call, parameters: Parameters) -> Answer: ...


BoundAction = Callable[[Call, Parameters], Awaitable[Answer]]


class Depth(StrEnum):
    """How much of an action is behind its answer."""

    REAL = "real"
    """It does what EC2 does, with every parameter of the model."""
    PARTLY = "partly"
    """It does what EC2 does, except for what `Extent.missing` and `Extent.unbuilt` name."""
    RECORDED = "recorded only"
    """It checks, stores and shows values as EC2 does, and nothing outside the database changes."""
    NOT_BUILT = "not built"
    """It refuses every call, after the checks that EC2 makes."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an action is built, for the reference (`docs/reference/actions.md`).

    `missing` says in whole sentences what differs from EC2; `unbuilt` are the parameters that are refused.
    """

    depth: Depth
    missing: str
    unbuilt: tuple[Unbuilt, ...]


ACTIONS: dict[str, ActionFunction] = {}
EXTENTS: dict[str, Extent] = {}

_Function = TypeVar("_Function", bound=ActionFunction)


def action(
    name: str, *, depth: Depth = Depth.REAL, missing: str = "", unbuilt: tuple[Unbuilt, ...] = ()
) -> Callable[[_Function], _Function]:
    """Register a function as the action of that name, and how far it is built.

    Raises `ValueError` for a name that is taken, and where `depth` and what is missing contradict each other: an action
    is real exactly when nothing is missing.
    """
    if (depth is Depth.REAL) == bool(missing or unbuilt):
        raise ValueError(f"the action {name} is {depth}, and that does not fit what it says is missing")

    def register(function: _Function) -> _Function:
        if name in ACTIONS:
            raise ValueError(f"the action {name} is registered twice")
        ACTIONS[name] = function
        EXTENTS[name] = Extent(depth, missing, unbuilt)
        return function

    return register
