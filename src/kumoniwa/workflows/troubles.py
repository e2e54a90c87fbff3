"""What does not get on: tried again and again, or begun and not ended. After a while a person is told.

Kept in memory: a new server tries everything anew, and tells what still does not get on as soon as that is overdue.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from kumoniwa.clock import Clock
from kumoniwa.values import dataclass

FAILS_AT_MOST = 2 * 60.0  # seconds
"""Two dozen attempts of a workflow, two rounds: what passes by itself has passed by then."""
LASTS_AT_MOST = 15 * 60.0  # seconds
"""Nothing that has an instance takes so long where all is well: a shutdown has four minutes, a flush one."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that does not get on."""

    key: str
    """What it is, for whoever reports it: a workflow's id, `port …`."""
    what: str
    """In words, with the step where a workflow is at one."""
    hint: str
    """What a person can do."""
    since: datetime
    begun: float
    """The same on the monotonic clock, which says how long it has lasted."""
    instance: str | None
    reason: str | None = None
    """Why the last attempt failed; None: the first one has not ended."""


class Troubles:
    """All of one server's. May be read in any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Trouble] = {}

    def began(self, key: str, what: str, *, hint: str, instance: str | None = None) -> None:
        """Something began that must end within `LASTS_AT_MOST`. Begun again, it began when it did first."""
        known = self._known.get(key)
        if known is None or known.what != what:
            self._known[key] = self._new(key, what, instance, hint)

    def failed(self, key: str, what: str, reason: str, *, hint: str, instance: str | None = None) -> None:
        """An attempt failed, and there will be another."""
        known = self._known.get(key)
        if known is None or known.what != what:
            known = self._new(key, what, instance, hint)
        self._known[key] = replace(known, reason=reason)

    def over(self, key: str) -> None:
        """It is done, or there is nothing to do any more."""
        self._known.pop(key, None)

    def keep(self, prefix: str, keys: Iterable[str]) -> None:
        """Of those whose keys begin so, all but these are over."""
        kept = set(keys)
        for key in [one for one in self._known if one.startswith(prefix) and one not in kept]:
            self.over(key)

    def is_overdue(self, key: str) -> bool:
        """Whether a person is told of it by now."""
        known = self._known.get(key)
        return known is not None and self._tells(known)

    def overdue(self, instance: str | None = None) -> list[Trouble]:
        """What a person is to be told, the oldest first; of this instance alone, where one is named."""
        known = list(self._known.values())  # others may come and go meanwhile
        found = [one for one in known if self._tells(one) and instance in (None, one.instance)]
        return sorted(found, key=lambda one: (one.begun, one.key))

    def _new(self, key: str, what: str, instance: str | None, hint: str) -> Trouble:
        return Trouble(key, what, hint, self._clock.now(), self._clock.monotonic(), instance)

    def _tells(self, trouble: Trouble) -> bool:
        bound = LASTS_AT_MOST if trouble.reason is None else FAILS_AT_MOST
        return self._clock.monotonic() - trouble.begun >= bound
