"""Asking a guest that does not answer, again: no answer is not a refusal, for it may have done what was asked."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from kumoniwa.hypervisor.driver import Guest, GuestId, GuestLost
from kumoniwa.workflows.workflow import StepUnknown
from kumoniwa.workflows.world import World

T = TypeVar("T")

_ASKED_AGAIN_EVERY = 1.0  # seconds
_ASKED_AGAIN_FOR = 60.0


async def until_answered(world: World, instance_id: str, ask: Callable[[Guest], Awaitable[T]]) -> T:
    """Ask until the guest answers. Raises `StepUnknown` after a minute: then the step is begun again later."""
    given_up_at = world.clock.monotonic() + _ASKED_AGAIN_FOR
    while True:
        try:
            return await ask(world.driver.guest(GuestId(instance_id)))
        except GuestLost as lost:
            if world.clock.monotonic() > given_up_at:
                raise StepUnknown(lost.what) from lost
            await world.clock.sleep(_ASKED_AGAIN_EVERY)
