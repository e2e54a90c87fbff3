"""What is known of who listens where: ports of guests, by the answers to those who knock at them."""

from collections.abc import Collection, Mapping

Door = tuple[str, int]
"""A guest's address, and a port of TCP."""

KNOCK_MARK = 0x4B4E
"""Of the packets with which is knocked: the network's rules let them through (`nft`)."""
_MOST_OF_A_TURN = 500
_OPEN_ONES_EACH = 4  # turns
_SILENT_AFTER = 3  # times that nobody answered, one after another


class Doors:
    """What each door's last answer was. One that does not answer for a while is shut."""

    def __init__(self) -> None:
        self._open: dict[Door, bool] = {}
        self._unanswered: dict[Door, int] = {}
        self._next = self._turns = 0

    def listens(self, door: Door) -> bool:
        """Whether something listens there, as far as is known."""
        return self._open.get(door, False)

    def trust(self, door: Door) -> None:
        """Something listens there, if nothing is known."""
        self._open.setdefault(door, True)

    def turn(self, doors: Collection[Door]) -> list[Door]:
        """At which of these to knock now: each comes to its turn, one that is open more seldom. What is known of others
        is forgotten."""
        for known in (self._open, self._unanswered):
            for door in known.keys() - set(doors):
                del known[door]
        self._turns += 1
        ordered = sorted(door for door in doors if self._turns % _OPEN_ONES_EACH == 0 or not self.listens(door))
        if len(ordered) <= _MOST_OF_A_TURN:
            return ordered
        self._next %= len(ordered)
        found = (ordered + ordered)[self._next : self._next + _MOST_OF_A_TURN]
        self._next += _MOST_OF_A_TURN
        return found

    def hear(self, asked: Collection[Door], answers: Mapping[Door, bool]) -> bool:
        """Note what was answered, and who was asked. Gives whether anything is other than it was."""
        before = dict(self._open)
        for door in asked:
            self._unanswered[door] = self._unanswered.get(door, 0) + 1
        for door, listens in answers.items():
            if door in self._unanswered:
                self._open[door], self._unanswered[door] = listens, 0
        for door, count in self._unanswered.items():
            if count > _SILENT_AFTER:
                self._open[door] = False
        return self._open != before
