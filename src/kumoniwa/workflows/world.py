"""What durable work acts on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kumoniwa.clock import Clock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import Driver
from kumoniwa.store.database import Database


class MetadataChannels(Protocol):
    """The metadata service, as the makers of guests see it: one channel for each guest, of that guest alone."""

    async def ensure_open(self, instance_id: str, socket: Path) -> None:
        """Afterwards metadata requests of this instance's guest, which arrive at this unix socket, are answered."""
        ...

    async def ensure_closed(self, instance_id: str) -> None:
        """Afterwards they are not, and the socket is gone."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """The state, the driver that makes guests, the metadata they read, the time, and how this cloud is configured."""

    config: Config
    clock: Clock
    database: Database
    driver: Driver
    metadata: MetadataChannels
