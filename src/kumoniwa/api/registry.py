"""The actions Kumoniwa has, by service and name."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud


class ActionFunction(Protocol):
    """One action. Raises `Ec2Error` to refuse; None answers "done" where there is no more to say."""

    async def __call__(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer: ...


BoundAction = Callable[[Call, Parameters], Awaitable[Answer]]

CheckReplay = Callable[[Connection, Call, Mapping[str, Any]], None]
"""Raises `Ec2Error` where the answer that a ClientToken got before is not to be given again."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action with what else is known of it."""

    function: ActionFunction
    check_replay: CheckReplay | None = None


ACTIONS: dict[str, dict[str, Action]] = {"ec2": {}, "sts": {}}
"""The actions of each service, by the name that credential scopes give it."""

_Function = TypeVar("_Function", bound=ActionFunction)


def action(
    name: str, *, service: str = "ec2", check_replay: CheckReplay | None = None
) -> Callable[[_Function], _Function]:
    """Register a function as the action of that name. A name is taken once: a second raises `ValueError`."""

    def register(function: _Function) -> _Function:
        if name in ACTIONS[service]:
            raise ValueError(f"the action {name} is registered twice")
        ACTIONS[service][name] = Action(function, check_replay)
        return function

    return register
