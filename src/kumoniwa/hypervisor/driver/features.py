"""What sets drivers apart, as facts: the rest of the server decides by these, never by a driver's name."""

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Features:
    """What is so of every guest of a driver."""

    boots_blank_disks: bool
    """It boots from a disk to which nothing was ever written too, so an image can be made from nothing."""
    outlives_the_server: bool
    """It goes on running when the server ends, and a later server finds it."""
    carries_packets: bool
    """Its guests' interfaces can be plugged in a network (`Taps`). Else a port is only recorded."""
    is_seen_at_once: bool
    """What it is can be seen without waiting for it: to look at many beside each other gains nothing."""
    answers_connections: bool
    """What listens in it is reached at its forwards. Else these are only recorded."""
