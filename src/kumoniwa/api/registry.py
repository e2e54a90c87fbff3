"""The actions Kumoniwa has, by service and name.

An action's module is imported when the action is first asked for: a server starts without them.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from kumoniwa.api.action_modules import ACTION_MODULES
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


class Actions(Mapping[str, Action]):
    """The actions of one service, by name. `modules` says in which module each is; what else registers is here too."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules
        self._registered: dict[str, Action] = {}

    def __getitem__(self, name: str) -> Action:
        if (registered := self._registered.get(name)) is not None:
            return registered
        import_module(self._modules[name])
        return self._registered[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._modules, *self._registered)))

    def __len__(self) -> int:
        return len(self._modules.keys() | self._registered.keys())

    def register(self, name: str, registered: Action) -> None:
        """Raises `ValueError` for a name that is taken."""
        if name in self._registered:
            raise ValueError(f"the action {name} is registered twice")
        self._registered[name] = registered

    def registered(self) -> Mapping[str, Action]:
        """Those whose modules have been imported."""
        return self._registered

    def bound(self, cloud: Cloud) -> dict[str, BoundAction]:
        """Each of them for this cloud."""

        def of(name: str) -> BoundAction:
            return lambda call, parameters: self[name].function(cloud, call, parameters)

        return {name: of(name) for name in self}


ACTIONS: dict[str, Actions] = {service: Actions(modules) for service, modules in ACTION_MODULES.items()}
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
        registered = Action(function, Extent(depth, missing, not_built), check_replay)
        ACTIONS.setdefault(service, Actions({})).register(name, registered)
        return function

    return register
