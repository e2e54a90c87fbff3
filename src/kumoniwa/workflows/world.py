"""What durable work acts on."""

from dataclasses import dataclass

from kumoniwa.clock import Clock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import Driver
from kumoniwa.store.database import Database


@dataclass(frozen=True, slots=True)
class World:
    """The state, the driver that makes guests, the time, and how this cloud is configured."""

    config: Config
    clock: Clock
    database: Database
    driver: Driver
