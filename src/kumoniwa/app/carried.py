"""The networks of mode `vpc`, as the driver and the workflows of a cloud see them."""

import contextlib
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager

import structlog

from kumoniwa.app.errors import CannotStart
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import AGAIN, DriverError, Forward, NetworkPort, Tap
from kumoniwa.imds.server import MetadataService
from kumoniwa.network.vpc.cloud_networks import CloudNetworks
from kumoniwa.network.vpc.host.errors import NetworkFailed
from kumoniwa.network.vpc.host.probe import probe
from kumoniwa.network.vpc.host.way_out import HostPort
from kumoniwa.network.vpc.plan import transit_address
from kumoniwa.refusal import sentence
from kumoniwa.store.database import Database
from kumoniwa.workflows.troubles import Troubles

log = structlog.get_logger(__name__)

_FOLDER = "networks"


class Carried:
    """Guests' packets, carried by this host. Implements `driver.Taps` and `workflows.world.Networks`.

    `carries`: whether guests that start now are plugged in; those that run keep what they have.
    """

    def __init__(self, networks: CloudNetworks, *, carries: bool) -> None:
        self._networks = networks
        self.carries = carries

    async def plug(self, port: NetworkPort) -> Tap:
        with _as_of_the_driver():
            files = await self._networks.plug(port.network, port.name)
        return Tap(files.tap, files.network)

    def found(self, network: str, file: int) -> None:
        self._networks.found(network, file)

    async def ensure_forwards(self, port: NetworkPort, forwards: Collection[Forward]) -> Mapping[Forward, str]:
        wanted = {_host_port(forward): forward for forward in forwards}
        with _as_of_the_driver():
            refused = await self._networks.ensure_ports(port.network, port.name, wanted)
        return {wanted[host_port]: reason for host_port, reason in refused.items() if host_port in wanted}

    def report_to(self, troubles: Troubles) -> None:
        """Have a person told of networks that are not as they should be."""

        def note(vpc_id: str, why: str | None) -> None:
            if why is None:
                troubles.over(_trouble(vpc_id))
            else:
                what, hint = f"the network of {vpc_id} is not as planned", "it is tried again; see the server's log"
                troubles.failed(_trouble(vpc_id), what, why, hint=hint)

        self._networks.on_trouble = note

    async def adopt(self) -> None:
        """See `CloudNetworks.adopt`."""
        await self._networks.adopt()

    async def settle(self) -> None:
        """See `CloudNetworks.settle`."""
        await self._networks.settle()


@asynccontextmanager
async def carried(config: Config, database: Database, metadata: MetadataService) -> AsyncIterator[Carried]:
    """What carries the packets of a cloud's guests while the block runs. Raises `CannotStart`."""
    obstacle = None if config.network == "user" else await probe()
    if config.network == "vpc" and obstacle is not None:
        what = sentence(f"Guests cannot be connected as --network vpc has it: {obstacle.what}")
        raise CannotStart(what, way_out=f"{sentence(obstacle.way_out)} --network auto starts without.")
    networks = CloudNetworks(config.data_dir / _FOLDER, database, metadata)
    carries = config.network != "user" and obstacle is None
    log.info("network mode", mode="vpc" if carries else "user", why="" if obstacle is None else obstacle.what)
    networks.follow()
    try:
        yield Carried(networks, carries=carries)
    finally:
        await networks.close()


@contextlib.contextmanager
def _as_of_the_driver() -> Iterator[None]:
    """What fails in the networks fails for the driver."""
    try:
        yield
    except NetworkFailed as failure:
        raise DriverError.of(failure) from failure
    except OSError as failure:
        raise DriverError(f"The guest's network cannot be had: {failure}", way_out=AGAIN) from failure


def _trouble(vpc_id: str) -> str:
    return f"network of {vpc_id}"


def _host_port(forward: Forward) -> HostPort:
    inside = transit_address(forward.host_address)
    return HostPort(forward.protocol, forward.host_address, forward.host_port, inside, forward.guest_port)
