"""What is known of who listens where: ports of guests, by the answers to those who knock at them."""

import math
import time
from collections.abc import Callable, Collection, Mapping

Door = tuple[str, int]
"""A guest's address, and a port of TCP."""

KNOCK_MARK = 0x4B4E
"""Of the packets with which is knocked: the network's rules let them through (`nft`)."""
_MOST_OF_A_TURN = 500
_OPEN_ONES_EACH, _SHUT_ONES_EACH, _NEW_ONES_EACH = 2.0, 0.5, 0.1  # seconds
_NEW_FOR = 120.0  # seconds: a guest boots, and whoever launched it waits for its first word
_SHUT_AFTER = 3  # times that nobody answered, one after another
_SILENT_AFTER = 2.0  # seconds without an answer


class Doors:
    """What each door's last answer was. One that does not answer for a while (2 s, from when it is asked) is shut."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._open: dict[Door, bool] = {}
        self._unanswered: dict[Door, int] = {}
        self._asked: dict[Door, float] = {}
        self._shut_since: dict[Door, float] = {}
        self._waiting_since: dict[Door, float] = {}
        self._silent: frozenset[Door] = frozenset()
        self._guests: set[str] = set()  # that have answered at any door

    def listens(self, door: Door) -> bool:
        """Whether something listens there, as far as is known."""
        return self._open.get(door, False)

    def is_silent(self, door: Door) -> bool:
        """Whether the guest says nothing there, not even that nothing listens: for a while, where it has answered
        elsewhere or earlier; from the start, where it was never heard, because it is not there yet."""
        return not self.listens(door) and (door[0] not in self._guests or door in self._silent)

    def trust(self, door: Door) -> None:
        """Something listens there, if nothing is known."""
        self._open.setdefault(door, True)

    def turn(self, doors: Collection[Door]) -> list[Door]:
        """At which of these to knock now: each comes to its turn, one that is open more seldom, one that has not been
        shut for long more often. What is known of others is forgotten."""
        there = set(doors)
        for known in (self._open, self._unanswered, self._asked, self._shut_since, self._waiting_since):
            for door in known.keys() - there:
                del known[door]
        self._guests &= {guest for guest, _ in doors}
        now = self._now()
        due = [door for door in doors if now >= self._asked.get(door, -math.inf) + self._each(door, now)]
        found = sorted(due, key=lambda door: (self._asked.get(door, -math.inf), door))[:_MOST_OF_A_TURN]
        self._asked.update(dict.fromkeys(found, now))
        return found

    @property
    def pause(self) -> float:
        """Seconds until the next turn."""
        now = self._now()
        return min((self._each(door, now) for door in self._asked if not self.listens(door)), default=_SHUT_ONES_EACH)

    def _each(self, door: Door, now: float) -> float:
        """After how many seconds a door has its next turn."""
        if self.listens(door):
            return _SHUT_ONES_EACH if self._unanswered.get(door) else _OPEN_ONES_EACH
        return _NEW_ONES_EACH if now < self._shut_since.setdefault(door, now) + _NEW_FOR else _SHUT_ONES_EACH

    def hear(self, asked: Collection[Door], answers: Mapping[Door, bool]) -> bool:
        """Note what was answered, and who was asked. Gives whether anything is other than it was."""
        before, was_silent, were_there, now = dict(self._open), self._silent, frozenset(self._guests), self._now()
        for door in asked:
            self._unanswered[door] = self._unanswered.get(door, 0) + 1
            self._waiting_since.setdefault(door, now)
        for door, listens in answers.items():
            if door in self._unanswered:
                self._open[door], self._unanswered[door] = listens, 0
                self._waiting_since.pop(door, None)
                self._guests.add(door[0])
        for door, count in self._unanswered.items():
            if count > _SHUT_AFTER:
                self._open[door] = False
        for door, listened in before.items():
            if listened and not self._open[door]:
                self._shut_since.pop(door, None)
        self._silent = frozenset(
            door
            for door, since in self._waiting_since.items()
            if door[0] in self._guests and not self.listens(door) and now >= since + _SILENT_AFTER
        )
        return self._open != before or self._silent != was_silent or self._guests != were_there
