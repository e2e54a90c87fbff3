"""What does not get on: tried again and again, or begun and not ended. After a while a person is told.

Kept in memory: a new server tries everything anew, and tells what still does not get on as soon as that is overdue.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kumoniwa.clock import Clock

FAILS_AT_MOST = timedelta(minutes=2)
"""Two dozen attempts of a workflow, two rounds: what passes by itself has passed by then."""
LASTS_AT_MOST = timedelta(minutes=15)
"""Nothing that has an instance takes so long where all is well: a shutdown has four minutes, a flush one."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that does not get on."""

    key: str
    """What it is, for whoever reports it: a workflow's id, `port …`."""
    what: str
    """In words, with the step where a workflow is at one."""
    since: datetime
    instance: str | None = None
    reason: str | None = None
    """Why the last attempt failed; None: the first one has not ended."""
    hint: str = ""
    """What a person can do."""


class Troubles:
    """All of one server's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Trouble] = {}

    def began(self, key: str, what: str, *, instance: str | None = None, hint: str = "") -> None:
        """Something began that must end within `LASTS_AT_MOST`. Begun again, it began when it did first."""
        known = self._known.get(key)
        if known is None or known.what != what:
            self._known[key] = Trouble(key, what, self._clock.now(), instance, None, hint)

    def failed(self, key: str, what: str, reason: str, *, instance: str | None = None, hint: str = "") -> None:
        """An attempt failed, and there will be another."""
        known = self._known.get(key)
        if known is None or known.what != what:
            known = Trouble(key, what, self._clock.now(), instance, reason, hint)
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
        found = [one for one in self._known.values() if self._tells(one) and instance in (None, one.instance)]
        return sorted(found, key=lambda one: (one.since, one.key))

    def _tells(self, trouble: Trouble) -> bool:
        bound = LASTS_AT_MOST if trouble.reason is None else FAILS_AT_MOST
        return self._clock.now() - trouble.since >= bound
