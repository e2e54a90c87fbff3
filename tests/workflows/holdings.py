"""What volumes hold and snapshots may hold, as whoever wrote it knows: pure.

A volume holds one of several states: the last that was surely on its disk, or one that was written after it, and is in
its guest's memory alone as far as is known. What is written to after its cut is no state of a snapshot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Files = Mapping[str, bytes]


@dataclass(eq=False)
class State:
    """All files of a disk at one time."""

    files: Files
    written_at: int
    """When it came to be, counted in writes and syncs of all disks."""
    sure_at: int | None = None
    """When it, or one that came after it, was seen to be on the disk whatever happens; None: not so far."""


@dataclass
class Volume:
    """What a volume may hold, the oldest first."""

    states: list[State]
    memory: str | None = None
    """The boot in whose memory the latest states are."""
    kept: bool = True
    """Whether nothing has come between that could lose what was not on the disk: then it holds the latest."""

    def write(self, path: str, data: bytes, at: int, memory: str | None) -> State:
        """A guest has written a file, into its memory."""
        state = State({**self.states[-1].files, path: data}, at)
        self.states.append(state)
        self.memory = memory
        return state

    def synced(self, at: int) -> None:
        """All that was written is on the disk."""
        for state in self.states:
            state.sure_at = at if state.sure_at is None else state.sure_at
        del self.states[:-1]

    def seen(self, files: Files, memory: str | None, at: int) -> None:
        """Its guest reads these files: what is held is one of the states, and later ones were lost."""
        place = _place(self.states, files)
        assert place is not None, f"{files} is read, of {_told(self.states)}"
        assert not self.kept or place == len(self.states) - 1, f"{_told(self.states[place + 1 :])} was lost"
        del self.states[place + 1 :]
        if memory != self.memory:
            self.synced(at)  # another boot has nothing in its memory but what it read
            self.memory = memory

    def check_disk(self, files: Files, *, at_rest: bool) -> None:
        """Raises where its disk, `at_rest` or under a guest that runs, cannot hold these files."""
        place = _place(self.states, files)
        assert place is not None, f"{files} is on the disk, of {_told(self.states)}"
        if at_rest and self.kept:
            assert place == len(self.states) - 1, f"{_told(self.states[place + 1 :])} was lost"


@dataclass
class Taken:
    """A snapshot, and what it may hold: what its volume may have held from its call to its cut."""

    volume: str
    states: list[State]
    whole: int = 0
    """From this state on it holds all that was written before the call."""
    freeze: bool = False
    source: str | None = None
    """The snapshot that it is a copy of."""
    is_cut: bool = False
    found: State | None = field(default=None, init=False)
    """The state that it holds."""

    def judge(self, files: Files, *, whole: bool) -> None:
        """Raises where a snapshot that holds these files, and is told to be `whole`, cannot be this one."""
        place = _place(self.states, files)
        assert place is not None, f"{files} is in the snapshot, of {_told(self.states)}"
        assert not whole or place >= self.whole, f"{_told(self.states[place + 1 : self.whole + 1])} is not in it"
        self.found = self.states[place]

    def was_cut_between(self) -> tuple[int, int | None]:
        """After the write of what it holds, and before what it does not hold was surely on the disk."""
        assert self.found is not None
        later = [one.sure_at for one in self.states[self.states.index(self.found) + 1 :] if one.sure_at is not None]
        return self.found.written_at, min(later, default=None)


def were_cut_together(group: Sequence[Taken]) -> bool:
    """Whether there is one instant at which these were cut."""
    between = [one.was_cut_between() for one in group]
    ends = [end for _, end in between if end is not None]
    return not ends or max(begin for begin, _ in between) < min(ends)


def _place(states: Sequence[State], files: Files) -> int | None:
    found = [place for place, state in enumerate(states) if state.files == files]
    return found[-1] if found else None


def _told(states: Sequence[State]) -> list[Files]:
    return [state.files for state in states]
