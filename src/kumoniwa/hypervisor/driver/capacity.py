"""What a driver's host has to give."""

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """The host's room for layers, in bytes. What is `free` beyond `reserve` may be used by actions; with less than
    the reserve left, guests pause."""

    free: int
    reserve: int

    @property
    def spare(self) -> int:
        """What is free beyond the reserve; negative where that is used already."""
        return self.free - self.reserve


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a host has for guests and layers, as it is now."""

    memory_mib: int | None
    """All of its memory, used or not; None where guests take none of it."""
    room: Room
    has_devices: bool = False
    """Whether guests have whatever their types have besides processors and memory (GPUs, instance stores, …): they are
    simulated too."""
