"""What a driver promises as a whole."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from kumoniwa.hypervisor.driver.capacity import Capacity
from kumoniwa.hypervisor.driver.disks import Disks
from kumoniwa.hypervisor.driver.events import GuestEvent
from kumoniwa.hypervisor.driver.features import Features
from kumoniwa.hypervisor.driver.guest import Guest, GuestId
from kumoniwa.hypervisor.driver.prepared import PreparedId, PreparedMachine
from kumoniwa.hypervisor.driver.taps import Taps


class Driver(Protocol):
    """What can make guests."""

    @property
    def name(self) -> str: ...

    @property
    def features(self) -> Features: ...

    @property
    def disks(self) -> Disks: ...

    def plug_into(self, taps: Taps) -> None:
        """From now on guests whose interfaces have a port are plugged in by these. To be called before `open`."""
        ...

    async def open(self) -> None:
        """Take hold: find the guests that outlived an earlier server and listen to them. Call once, first."""
        ...

    async def close(self) -> None:
        """Let go. Guests that can outlive the server go on running."""
        ...

    def guest(self, id: GuestId) -> Guest:
        """The handle of a guest, whether or not it exists."""
        ...

    def prepared(self, id: PreparedId) -> PreparedMachine:
        """The handle of a prepared machine, whether or not it exists."""
        ...

    async def all_prepared(self) -> frozenset[PreparedId]:
        """The prepared machines of which there is anything, finished or not."""
        ...

    def events(self) -> AsyncIterator[GuestEvent]:
        """What happens to guests from `open` on, until `close`. One reader."""
        ...

    async def capacity(self) -> Capacity:
        """What the host has for guests and layers now. Raises `OSError` where that cannot be looked at."""
        ...

    def describe(self) -> Mapping[str, str]:
        """Facts for a person: versions, accelerator and why it was chosen."""
        ...
