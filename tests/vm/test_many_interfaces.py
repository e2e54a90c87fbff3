"""A server that starts beside a network of two hundred interfaces: it is as planned again, once, and nothing twice.

The rows are those of a simulated cloud, the network is real; a tap that the test holds open stands for each guest.
"""

import os
import re
import socket
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import inside_network
import pytest
from one_network import obstacle
from stack import Stack
from test_host_network import Bench, until

from kumoniwa.network.vpc.cloud_networks import CloudNetworks
from kumoniwa.network.vpc.gather import gather
from kumoniwa.network.vpc.host.host_network import HostNetwork, TapFiles, Texts
from kumoniwa.network.vpc.host.keeper import TAPS

pytestmark = [pytest.mark.vm, pytest.mark.anyio]

MANY = 200
COMMANDS = ("nft list ruleset", "ip rule", "ip route show table all", "ip -o addr", "ip -o link")


class Metadata:
    """Has the socket of each network, as the metadata service would, and answers nobody."""

    def __init__(self) -> None:
        self.listening: dict[str, socket.socket] = {}

    async def open_network(self, vpc_id: str, listening: socket.socket) -> None:
        if vpc_id in self.listening:
            self.listening[vpc_id].close()
        self.listening[vpc_id] = listening

    async def close_network(self, vpc_id: str) -> None:
        self.listening.pop(vpc_id).close()


class Servers:
    """One server's networks after another's, on the rows of one cloud."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self.metadata = Metadata()
        self.networks: CloudNetworks

    def start(self) -> CloudNetworks:
        self.networks = CloudNetworks(self._folder, self._stack.running.cloud.world.database, self.metadata)
        return self.networks

    async def end(self) -> None:
        await self.networks.close()
        for listening in self.metadata.listening.values():
            listening.close()
        self.metadata.listening.clear()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    if (why := obstacle()) is not None:
        pytest.skip(why)
    bench = Bench(tmp_path / "networks")
    try:
        yield bench
    finally:
        await bench.close()


@pytest.mark.parametrize("left", ["keeper", "guests"])
async def test_a_network_of_many_interfaces_is_as_planned_after_a_restart_by_one_change(
    stack: Stack, bench: Bench, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    vpc_id = await _filled(stack)
    servers = Servers(stack, bench.folder)
    taps = await _plugged(stack, servers, vpc_id)
    try:
        before, programs = _listed(bench), _programs(bench)
        assert before["taps"] == MANY
        await servers.end()
        if left == "guests":
            bench.kill("vpc.host.keeper")
            await until(lambda: not bench.processes())

        applied = []
        apply = HostNetwork.apply

        async def counting(network: HostNetwork, texts: Texts) -> None:
            applied.append(texts)
            await apply(network, texts)

        monkeypatch.setattr(HostNetwork, "apply", counting)
        networks = servers.start()
        for tap in taps:
            networks.found(vpc_id, os.dup(tap.network))
        await networks.adopt()
        await until(lambda: bool(bench.processes("dnsmasq") and bench.processes("slirp4netns")))
        assert len(applied) == 1, "all of it at once, not interface by interface"
        assert _listed(bench) == before
        assert [len(pids) for pids in _programs(bench)] == [len(pids) for pids in programs] == [2, 1, 1]
        assert (_programs(bench) == programs) == (left == "keeper")
    finally:
        for tap in taps:
            tap.close()
        await servers.end()


async def _filled(stack: Stack) -> str:
    """The default VPC's id, with so many interfaces of instances that run."""
    first = await stack.launch(MinCount=MANY, MaxCount=MANY)
    return str((await stack.instance(first))["VpcId"])


async def _plugged(stack: Stack, servers: Servers, vpc_id: str) -> list[TapFiles]:
    """A tap for each interface, in a network that carries them all."""
    networks = servers.start()
    plan = await stack.running.cloud.read(partial(gather, vpc_id=vpc_id))
    first, *others = plan.interfaces.values()
    taps = [await networks.plug(vpc_id, first.id)]
    taps += [await networks._network(vpc_id).tap(other.tap) for other in others]
    await networks.ensure(vpc_id)
    return taps


def _programs(bench: Bench) -> list[set[int]]:
    return [bench.processes(word) for word in ("vpc.host.keeper", "dnsmasq", "slirp4netns")]


def _listed(bench: Bench) -> dict[str, object]:
    """What the network's namespace has, in one order."""
    keeper = max(bench.processes("vpc.host.keeper"))
    listed: dict[str, object] = {}
    for command in COMMANDS:
        said = inside_network.run(keeper, command)
        listed[command] = sorted(re.split(r"[\s,]+", said))
        if command == "ip -o link":
            listed["taps"] = sum(line.split(": ")[1].startswith(TAPS) for line in said.splitlines())
    return listed
