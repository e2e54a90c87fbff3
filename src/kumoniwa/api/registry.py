"""The actions Kumoniwa has, by service and name."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.not_built import NotBuiltParameter
from kumoniwa.values import dataclass


class ActionFunction(Protocol):
    """One action. Raises `Ec2Error` to refuse; None answers "done" where there is no more to say."""

    async def __call__(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer: ...


BoundAction = Callable[[Call, Parameters], Awaitable[Answer]]

CheckReplay = Callable[[Connection, Call, Mapping[str, Any]], None]
"""Raises `Ec2Error` where the answer that a ClientToken got before is not to be given again."""


class Depth(StrEnum):
    """How much of an action is behind its answer."""

    REAL = "real"
    """It does what EC2 does, with every parameter of the model."""
    PARTLY = "partly"
    """It does what EC2 does, except for what `Extent.missing` and `Extent.not_built` name."""
    RECORDED = "recorded only"
    """It checks, stores and shows values as EC2 does, and nothing outside the database changes."""
    NOT_BUILT = "not built"
    """It refuses every call, after the checks that EC2 makes."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an action is built, for the reference (`docs/reference/actions.md`).

    `missing` says in whole sentences what differs from EC2; `not_built` are the parameters that are refused.
    """

    depth: Depth
    missing: str
    not_built: tuple[NotBuiltParameter, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """An action with what else is known of it."""

    function: ActionFunction
    extent: Extent
    check_replay: CheckReplay | None = None


ACTIONS: defaultdict[str, dict[str, Action]] = defaultdict(dict)
"""The actions of each service, by the name that credential scopes give it."""

_Function = TypeVar("_Function", bound=ActionFunction)


def action(
    name: str,
    *,
    service: str = "ec2",
    check_replay: CheckReplay | None = None,
    depth: Depth = Depth.REAL,
    missing: str = "",
    not_built: tuple[NotBuiltParameter, ...] = (),
) -> Callable[[_Function], _Function]:
    """Register a function as the action of that name, and how far it is built.

    Raises `ValueError` for a name that is taken, and where `depth` and what is missing contradict each other: an action
    is real exactly when nothing is missing.
    """
    if (depth is Depth.REAL) == bool(missing or not_built):
        raise ValueError(f"the action {name} is {depth}, and that does not fit what it says is missing")

    def register(function: _Function) -> _Function:
        if name in ACTIONS[service]:
            raise ValueError(f"the action {name} is registered twice")
        ACTIONS[service][name] = Action(function, Extent(depth, missing, not_built), check_replay)
        return function

    return register
