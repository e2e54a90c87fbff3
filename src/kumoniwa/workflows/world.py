"""What durable work acts on."""

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from copy import copy
from dataclasses import field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol, Self

from kumoniwa.clock import Clock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import Driver, Forward, LayerId
from kumoniwa.storage.collect import Collector
from kumoniwa.store.database import Database
from kumoniwa.values import dataclass
from kumoniwa.workflows.troubles import Troubles
from kumoniwa.workflows.turns import Turns


class MetadataChannels(Protocol):
    """The metadata service, as the makers of guests see it: one channel for each guest, of that guest alone."""

    async def ensure_open(self, instance_id: str, socket: Path) -> None:
        """Afterwards metadata requests of this instance's guest, which arrive at this unix socket, are answered."""
        ...

    async def ensure_closed(self, instance_id: str) -> None:
        """Afterwards they are not, and the socket is gone."""
        ...


class Networks(Protocol):
    """What carries the packets of guests, as their makers see it."""

    @property
    def carries(self) -> bool:
        """Whether guests that start now are plugged in their VPC; else each gets a network of its own."""
        ...


class Silence(Protocol):
    """What keeps the host from answering where nobody is admitted."""

    def making_way(self, owner: str, ends: Collection[tuple[IPv4Address, int]]) -> AbstractAsyncContextManager[None]:
        """In the block, and after it, these ports of the host lead to the owner's guest, and whoever is to listen there
        can. After it clients come to what the rows admit now."""
        ...

    def tell(self) -> Mapping[str, object]:
        """How it is done."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """The state, the driver that makes guests, the metadata they read, the time, how this cloud is configured; and what
    all work on these shares: one collector of layers, and locks."""

    config: Config
    clock: Clock
    database: Database
    driver: Driver
    metadata: MetadataChannels
    networks: Networks | None = None
    """None where nothing carries packets."""
    silence: Silence | None = None
    """None where no client can come at all."""
    collector: Collector[LayerId] = field(init=False)
    turns: Turns = field(init=False, default_factory=Turns)
    refused_ports: dict[str, Mapping[Forward, str]] = field(init=False, compare=False, default_factory=dict)
    """By instance, which ports could not be opened when they were set last, and why (`instance_ports.py`)."""

    troubles: Troubles = field(init=False, compare=False)
    """What does not get on, for a person to be told."""

    def seen_through(self, database: Database) -> Self:
        """The same world, its state read and written through this database."""
        view = copy(self)
        object.__setattr__(view, "database", database)  # the dataclass is frozen
        return view

    def __post_init__(self) -> None:
        object.__setattr__(self, "troubles", Troubles(self.clock))
        object.__setattr__(self, "collector", Collector(self.database, self.driver.disks))  # the dataclass is frozen
