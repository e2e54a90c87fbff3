"""The points at which a server dies, and what its host refuses.

A point is every moment at which a story waits: before and inside each call of the driver, before and after each commit.
"""

import asyncio
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from kumoniwa.hypervisor.driver import DriverError, GuestLost
from kumoniwa.hypervisor.simulated import SimulatedGuest
from kumoniwa.workflows.workflow import Workflow

SAID, WAY_OUT = "The host said no.", "Ask again."
REFUSAL = f"{SAID} {WAY_OUT}"
"""What a person is to read, wherever one reads why something failed."""
OF_STORIES, OF_COMPACTIONS, OF_ALL = "workflows:", "compaction:", ""
"""Whose points are counted: the beginnings of tasks' names."""

_FOR_NOW = 2  # times that what settles a story is refused: it is tried again until it is done
_SETTLING: ContextVar[bool] = ContextVar("settling", default=False)
_STEP_OF: ContextVar[str] = ContextVar("step of", default="")


@dataclass
class Refusals:
    """What the host refuses: these steps of one story, or a method of the driver from some call on.

    For good, but where it would leave something between two states (`Workflow.settle`): there a few times only.
    """

    steps: frozenset[str] = frozenset()
    """By name, each of the first story that takes it."""
    call: int | None = None
    """The method is the one that a story calls so many calls of the driver after its begin."""
    began: bool = False
    taken: list[str] = field(default_factory=list)
    """The steps that stories took."""
    settling: set[str] = field(default_factory=set)
    """Those of them that settle."""
    calls: list[str] = field(default_factory=list)
    """The methods of the driver that they called."""
    refused: Counter[str] = field(default_factory=Counter)
    """How often each step, or method, was."""
    _stories: dict[str, str] = field(default_factory=dict)
    _while_settling: Counter[str] = field(default_factory=Counter)

    @property
    def refuse_nothing(self) -> bool:
        return not self.steps and self.call is None

    def of_step(self, workflow: Workflow, name: str, *, settles: bool) -> bool:
        """Whether this step fails."""
        self.taken.append(name)
        if settles:
            self.settling.add(name)
        if name not in self.steps or self._stories.setdefault(name, workflow.id) != workflow.id:
            return False
        self.began = True
        return self._refuses(name, settles=settles)

    def of_call(self, method: str) -> bool:
        """Whether this call of the driver fails."""
        self.calls.append(method)
        self.began = self.began or len(self.calls) == self.call
        if self.call is None or not self.began or method != self.calls[self.call - 1]:
            return False
        return self._refuses(method, settles=_SETTLING.get())

    def _refuses(self, what: str, *, settles: bool) -> bool:
        if settles and self._while_settling[what] == _FOR_NOW:
            return False
        self._while_settling[what] += settles
        self.refused[what] += 1
        return True


@dataclass
class Points:
    """Counts the points that stories pass, and crashes, or loses an answer, at one of them; what is refused is refused
    at all of them."""

    crash_at: int | None = None
    """Where there are refusals, so many points after the first."""
    refusals: Refusals | None = None
    of: str = OF_STORIES
    lose_at: int | None = None
    """Of the points within the driver: what is done there is done, and nobody hears of it."""
    hang_at: int | None = None
    """Of the points within steps: the step waits there for ever."""
    hung: str = ""
    """The workflow that does."""
    hung_settling: bool = False
    """Whether it settles something: such a step begins anew after five minutes."""
    keep_settling: bool = False
    """What would settle a story, other than a termination, is refused as long as this is so."""
    lost: str = ""
    """The method whose answer it was."""
    passed: int = 0
    passed_in_the_driver: int = 0
    passed_in_steps: int = 0
    armed: bool = False
    crashed: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_one(self, method: str = "") -> None:
        if not self._counts():
            return
        self.passed_in_the_driver += bool(method)
        if method and self.passed_in_the_driver == self.lose_at:
            self.lost = method
            kind = GuestLost if hasattr(SimulatedGuest, method) else DriverError
            raise kind(SAID, way_out=WAY_OUT)
        self.passed_in_steps += bool(_STEP_OF.get())
        if self.passed_in_steps == self.hang_at and not self.hung and _STEP_OF.get():
            self.hung, self.hung_settling = _STEP_OF.get(), _SETTLING.get()
            await asyncio.Event().wait()
        if self.refusals is None or self.refusals.began or self.refusals.refuse_nothing:
            self.passed += 1
        if self.passed == self.crash_at:
            self.crashed.set()
        if self.crashed.is_set():
            raise asyncio.CancelledError

    def check_call(self, method: str) -> None:
        """Raises `DriverError` where this call of the driver is refused."""
        if self.refusals is not None and self._counts() and self.refusals.of_call(method):
            raise DriverError(SAID, way_out=WAY_OUT)

    def step(self, workflow: Workflow, name: str, function: Any, *, settles: bool) -> Any:
        """The step's function, or one that fails."""
        if self.refusals is not None and self.armed and self.refusals.of_step(workflow, name, settles=settles):
            return _refuse
        if settles and self.keep_settling and workflow.row.kind != "terminate_instance":
            return _refuse

        @wraps(function)
        async def do(*args: Any, **kwargs: Any) -> Any:
            before, step_of = _SETTLING.set(settles), _STEP_OF.set(workflow.id)
            try:
                return await function(*args, **kwargs)
            finally:
                _SETTLING.reset(before)
                _STEP_OF.reset(step_of)

        return do

    def _counts(self) -> bool:
        # Only whose points are wanted: what else the server does is not to be interrupted here.
        task = asyncio.current_task()
        return self.armed and task is not None and task.get_name().startswith(self.of)


async def _refuse(*_: Any, **__: Any) -> None:
    raise DriverError(SAID, way_out=WAY_OUT)
