"""One request on its way through a door, and how whatever ends it becomes an answer.

Errors are raised wherever a request is found wanting. Each door says here how it writes a refusal, and writes none
anywhere else.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog

from kumoniwa.clock import Clock
from kumoniwa.errors import Ec2Error, InternalError, Unavailable
from kumoniwa.gateway.arrival import CallerLeft
from kumoniwa.store.database import DatabaseUnavailable

log = structlog.get_logger(__name__)


class Exchange(Protocol):
    """One request, as the log names it."""

    request_id: str
    what: str
    """The action, or the path."""


class Answered(Protocol):
    """What a door answers."""

    @property
    def status_code(self) -> int: ...


AnyAnswer = TypeVar("AnyAnswer", bound=Answered)


class Conclusion:
    """How requests end at one door."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._log = log.bind()  # once: it is made anew for each line otherwise

    async def of(
        self,
        exchange: Exchange,
        answer: Callable[[], Awaitable[AnyAnswer]],
        refusal: Callable[[Ec2Error], AnyAnswer],
        send: Callable[[AnyAnswer], Awaitable[None]],
    ) -> None:
        """Send what `answer` gives, or the refusal of what it raises; nothing where the caller has left. It is logged,
        after it was sent: nobody waits for the log."""
        begun = self._clock.monotonic()
        try:
            response, code = await answer(), "ok"
        except CallerLeft:
            self._log.info("the caller left before its request was read")
            return
        except Ec2Error as error:
            response, code = refusal(error), error.code
        except DatabaseUnavailable as failure:
            refused = Unavailable(
                f"Kumoniwa's database cannot be used now ({failure})",
                way_out="Try again; where it stays so, kumoniwa doctor shows whether it answers and has room.",
            )
            response, code = refusal(refused), refused.code
        except Exception:
            log.exception("an unexpected error", call=exchange.what)
            response, code = refusal(InternalError()), "InternalError"
        seconds = round(self._clock.monotonic() - begun, 6)
        try:
            await send(response)
        finally:
            self._log.info("answered", call=exchange.what, code=code, status=response.status_code, seconds=seconds)
