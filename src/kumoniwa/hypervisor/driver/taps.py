"""What a driver is given by whoever carries its guests' packets: taps, by the names of networks and places in them."""

import os
from collections.abc import Collection, Mapping
from typing import Protocol

from kumoniwa.hypervisor.driver.guest import Forward, NetworkPort
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Tap:
    """The open files of a tap, and of the network namespace that it is in. They are the caller's to close."""

    tap: int
    network: int

    def close(self) -> None:
        """Close both."""
        os.close(self.tap)
        os.close(self.network)


class Taps(Protocol):
    """The networks that carry packets between guests of a driver."""

    async def plug(self, port: NetworkPort) -> Tap:
        """A tap at this port, which no process has, for a guest that is to get it. It ends with the guest's process,
        which holds the network's namespace for a later server: it is to have both files. Raises `DriverError`.
        """
        ...

    def found(self, network: str, file: int) -> None:
        """A guest of an earlier server lives on in this network, whose namespace this open file is; it is given away.

        To be called before anything else is asked of that network.
        """
        ...

    async def ensure_forwards(self, port: NetworkPort, forwards: Collection[Forward]) -> Mapping[Forward, str]:
        """Afterwards exactly these forwards lead to the guest at this port; see `Guest.ensure_forwards`.

        Raises `DriverError`.
        """
        ...
