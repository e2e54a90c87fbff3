"""A network of this host for guests of tests of the driver: they have taps there, and nothing is planned for them."""

import asyncio
import threading
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from kumoniwa.hypervisor.driver import Forward, NetworkPort, Tap
from kumoniwa.network.vpc.host.host_network import Family, HostNetwork
from kumoniwa.network.vpc.host.probe import probe
from kumoniwa.tasks import Tasks


class OneNetwork:
    """Gives taps (`driver.Taps`). `found_for` has the names of the networks in which guests were found again."""

    def __init__(self, folder: Path, tasks: Tasks) -> None:
        self.found_for: list[str] = []
        self._family = Family()
        self._network = HostNetwork("one", folder, tasks, lambda: None, self._family)

    async def plug(self, port: NetworkPort) -> Tap:
        files = await self._network.tap(port.name)
        return Tap(files.tap, files.network)

    def found(self, network: str, file: int) -> None:
        self.found_for.append(network)
        self._network.found(file)

    async def ensure_forwards(self, port: NetworkPort, forwards: Collection[Forward]) -> Mapping[Forward, str]:
        return {}

    async def taps(self) -> frozenset[str]:
        """The taps that guests have."""
        return (await self._network.devices()).taps

    async def close(self) -> None:
        """Nothing is left of it."""
        await self._network.ensure_gone()
        self._family.close()


@cache
def obstacle() -> str | None:
    """Why this host lets us have no network; None where it does. Tried once, in a loop of its own."""
    said: list[str | None] = []

    def try_it() -> None:
        found = asyncio.run(probe())
        said.append(None if found is None else str(found))

    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()
    return said[0]
