"""The networks of one cloud's VPCs on this host: planned from its rows, and kept as planned.

A network is there from its first guest on. Whatever is lost of it (its keeper, its programs, a rule) is there again after
`ensure`, which the loss of a keeper brings about by itself.
"""

import asyncio
import contextlib
import socket
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import structlog

from kumoniwa.network.vpc.host.errors import NetworkFailed
from kumoniwa.network.vpc.host.host_network import HostNetwork, TapFiles, Texts
from kumoniwa.network.vpc.host.way_out import HostPort
from kumoniwa.network.vpc.interim_texts import tap_name, texts
from kumoniwa.network.vpc.plan import METADATA
from kumoniwa.store.database import Database
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

_METADATA_PORT = 80
_METADATA_BACKLOG = 128  # connections of all guests of a network that wait for a server
_AGAIN_AFTER = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds, then always as the last one

OpenMetadata = Callable[[str, socket.socket], Awaitable[None]]


class CloudNetworks:
    """See above. `folder` is their own. `open_metadata` is handed the sockets at which a network's guests ask for their
    metadata; the one before is of no more use then."""

    def __init__(self, folder: Path, database: Database, open_metadata: OpenMetadata) -> None:
        self._folder = folder
        self._database = database
        self._open_metadata = open_metadata
        self._tasks = Tasks("networks")
        self._networks: dict[str, HostNetwork] = {}
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._ensured: set[str] = set()
        """Those whose keeper was told of its network, since we are connected to it."""

    async def plug(self, vpc_id: str, interface_id: str) -> TapFiles:
        """A tap for an interface, whose network is there and lets packets through as planned. Raises `NetworkFailed`."""
        async with self._turns[vpc_id]:
            if vpc_id not in self._ensured:
                await self._ensure(vpc_id)
            files = await self._network(vpc_id).tap(tap_name(interface_id))
            try:
                await self._ensure(vpc_id)
            except BaseException:
                files.close()
                raise
            return files

    def found(self, vpc_id: str, file: int) -> None:
        """A guest lives on in this VPC's network, whose namespace this open file is; it is ours now."""
        self._network(vpc_id).found(file)

    async def ensure(self, vpc_id: str) -> None:
        """Afterwards the network is as the rows have it, if there is one. Raises `NetworkFailed`."""
        if vpc_id in self._networks:
            async with self._turns[vpc_id]:
                await self._ensure(vpc_id)

    async def ensure_soon(self, vpc_id: str) -> None:
        """As `ensure`; where that fails, it is tried until it does not."""
        try:
            await self.ensure(vpc_id)
        except NetworkFailed as failure:
            log.error("a network is not as it should be", network=vpc_id, reason=str(failure))
            self._tasks.start(self._ensure_again(vpc_id), f"ensure {vpc_id}")

    async def ensure_ports(self, vpc_id: str, owner: str, wanted: Collection[HostPort]) -> Mapping[HostPort, str]:
        """See `HostNetwork.ensure_ports`."""
        if vpc_id not in self._networks:
            return {}
        return await self._network(vpc_id).ensure_ports(owner, wanted)

    async def adopt(self) -> None:
        """At start, the guests being found: afterwards each network with a guest is there again, as far as it can be."""
        for vpc_id in list(self._networks):
            await self.ensure_soon(vpc_id)

    async def settle(self) -> None:
        """Once all guests' ports are open that are to be: close those that an earlier server left."""
        for vpc_id in list(self._ensured):
            with contextlib.suppress(NetworkFailed):  # its keeper is lost: then they are closed
                await self._network(vpc_id).settle()

    async def close(self) -> None:
        """Let go of all. Those with guests go on, the others end."""
        await self._tasks.close()
        for network in self._networks.values():
            network.let_go()
        self._networks.clear()

    async def _ensure(self, vpc_id: str) -> None:
        network = self._network(vpc_id)
        live = await network.taps()
        planned: Texts = await self._database.read(partial(texts, vpc_id=vpc_id, live=live))
        await network.ensure(planned)
        if vpc_id not in self._ensured:
            listening = await network.listen(IPv4Address(METADATA), _METADATA_PORT, _METADATA_BACKLOG)
            await self._open_metadata(vpc_id, listening)
            self._ensured.add(vpc_id)

    def _network(self, vpc_id: str) -> HostNetwork:
        if vpc_id not in self._networks:
            lost = partial(self._lost, vpc_id)
            self._networks[vpc_id] = HostNetwork(vpc_id, self._folder / vpc_id, self._tasks, lost)
        return self._networks[vpc_id]

    def _lost(self, vpc_id: str) -> None:
        self._ensured.discard(vpc_id)
        self._tasks.start(self._ensure_again(vpc_id), f"ensure {vpc_id}")

    async def _ensure_again(self, vpc_id: str) -> None:
        """Ensure it until it is there."""
        waits = iter(_AGAIN_AFTER)
        while True:
            await asyncio.sleep(next(waits, _AGAIN_AFTER[-1]))
            try:
                await self.ensure(vpc_id)
                return
            except NetworkFailed as failure:
                log.error("a network is not as it should be", network=vpc_id, reason=str(failure))
