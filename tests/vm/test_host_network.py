"""A network of this host without guests: what keeps it, what is left when parts of it are killed, and when it ends.

A tap that the test holds open stands for a guest: the network cannot tell them apart.
"""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import inside_network
import pytest
from two_tiers import WEB, two_tiers
from waiting import eventually_async

from kumoniwa import sockets
from kumoniwa.network.host import own_addresses
from kumoniwa.network.silent_ports import HostEnd
from kumoniwa.network.vpc import nft
from kumoniwa.network.vpc.host.errors import NetworkFailed
from kumoniwa.network.vpc.host.host_network import DHCP_HOSTS, HOSTS, Family, HostNetwork, TapFiles, Texts
from kumoniwa.network.vpc.host.probe import probe
from kumoniwa.network.vpc.host.way_out import HostPort
from kumoniwa.network.vpc.plan import transit_address
from kumoniwa.tasks import Tasks

pytestmark = [pytest.mark.vm, pytest.mark.anyio]

TRANSIT = IPv4Network("100.64.0.0/24")
_INSIDE = IPv4Address("10.1.2.3")
_IP = f"link set dev lo up\naddr replace {_INSIDE}/32 dev lo\n"
_NFT = "add table inet vpc\nadd chain inet vpc input { type filter hook input priority filter; }\n"
_FILES = {
    "dnsmasq.conf": "no-resolv\nno-hosts\nbind-dynamic\ninterface=lo\n",
    f"{HOSTS}/all": "",
    f"{DHCP_HOSTS}/all": "",
}
_SENDS = """
import socket, sys
own, port, there, its_port = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.bind((own, int(port)))
    one.settimeout(20)
    one.sendto(b"hello", (there, int(its_port)))
    print(one.recv(100).decode())
"""
TEXTS = Texts({"net/ipv4/ip_forward": "1"}, _IP, [_NFT], _FILES)


class Bench:
    """Networks of a test, and whoever looks after them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lost: list[str] = []
        self.tasks = Tasks("test")
        self.family = Family()
        self._networks: list[HostNetwork] = []

    def network(self, key: str = "one") -> HostNetwork:
        network = HostNetwork(key, self.folder / key, self.tasks, lambda: self.lost.append(key), self.family)
        self._networks.append(network)
        return network

    async def close(self) -> None:
        """Nothing is left of them."""
        await self.tasks.close()
        for network in self._networks:
            network.let_go()
        self.family.close()
        for pid in self.processes() - {os.getpid()}:
            with contextlib.suppress(ProcessLookupError):  # it ended with another
                os.kill(pid, signal.SIGKILL)

    async def made(self, key: str = "one") -> HostNetwork:
        network = self.network(key)
        await ensured(network)
        return network

    def processes(self, *words: str) -> set[int]:
        """Those of this test's networks, with all of these words in what /proc tells of them."""
        found = set()
        for entry in Path("/proc").iterdir():
            try:
                told = " ".join((entry / name).read_text().replace("\0", " ") for name in ("cmdline", "environ"))
                told += str((entry / "cwd").readlink())
            except (OSError, ValueError):
                continue
            if entry.name.isdigit() and str(self.folder) in told and all(word in told for word in words):
                found.add(int(entry.name))
        return found

    def kill(self, *words: str) -> None:
        """`kill -9` of those."""
        killed = self.processes(*words)
        assert killed, f"nobody is {words}"
        for pid in killed:
            with contextlib.suppress(ProcessLookupError):  # it ended with another
                os.kill(pid, signal.SIGKILL)


async def ensured(network: HostNetwork) -> None:
    await network.ensure_kept()
    await network.ensure_way_out(TRANSIT)
    await network.apply(TEXTS)
    await network.ready()


async def until(true: Callable[[], bool]) -> None:
    async def look() -> bool | None:
        return true() or None

    await eventually_async(look, within=20)


def namespace(files: TapFiles) -> int:
    return os.fstat(files.network).st_ino


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    if (obstacle := await probe()) is not None:
        pytest.skip(str(obstacle))
    bench = Bench(tmp_path)
    try:
        yield bench
    finally:
        await bench.close()


async def test_a_network_ends_with_its_server_when_no_guest_is_in_it(bench: Bench) -> None:
    network = await bench.made()
    assert len(bench.processes("vpc.host.keeper")) == 2
    assert len(bench.processes("slirp4netns")) == len(bench.processes("dnsmasq")) == 1
    network.let_go()
    await until(lambda: not bench.processes())


async def test_a_network_goes_on_without_a_server_until_its_last_guest_ends(bench: Bench) -> None:
    network = await bench.made()
    guest = await network.tap("e1")
    before = bench.processes()
    listening = await network.listen(_INSIDE, 80, 8)
    listening.close()
    network.let_go()

    later = await bench.made()
    assert bench.processes() == before, "it is the same keeper, and the same programs"
    assert (await later.devices()).taps == {"e1"}
    (await later.listen(_INSIDE, 80, 8)).close()
    another = await later.tap("e2")
    assert namespace(another) == namespace(guest)
    another.close()
    later.let_go()
    guest.close()
    await until(lambda: not bench.processes())


async def test_a_network_whose_keeper_was_killed_has_another_one_in_the_same_namespace(bench: Bench) -> None:
    network = await bench.made()
    guest = await network.tap("e1")
    bench.kill("vpc.host.keeper")
    await until(lambda: bench.lost == ["one"])
    await until(lambda: not bench.processes())
    await ensured(network)
    assert (await network.devices()).taps == {"e1"}
    assert len(bench.processes("slirp4netns")) == len(bench.processes("dnsmasq")) == 1
    guest.close()
    await network.ensure_gone()


async def test_a_network_of_which_a_guest_alone_is_left_is_found_by_the_guests_open_file(bench: Bench) -> None:
    network = await bench.made()
    guest = await network.tap("e1")
    network.let_go()
    bench.kill("vpc.host.keeper")
    await until(lambda: not bench.processes())

    later = bench.network()
    later.found(os.dup(guest.network))
    await ensured(later)
    assert (await later.devices()).taps == {"e1"}
    guest.close()
    await later.ensure_gone()


@pytest.mark.parametrize("outer", [True, False], ids=["outer", "inner"])
async def test_either_half_of_a_keeper_ends_with_the_other(bench: Bench, *, outer: bool) -> None:
    await bench.made()
    first, second = sorted(bench.processes("vpc.host.keeper"))
    os.kill(first if outer else second, signal.SIGKILL)
    await until(lambda: not bench.processes())


@pytest.mark.parametrize("program", ["dnsmasq", "slirp4netns"])
async def test_a_program_that_was_killed_runs_again(bench: Bench, program: str) -> None:
    network = await bench.made()
    [before] = bench.processes(program)
    os.kill(before, signal.SIGKILL)
    await until(lambda: bool(bench.processes(program) - {before}))
    assert bench.lost == []
    await network.ensure_gone()


async def test_a_program_that_was_killed_without_a_server_runs_again(bench: Bench) -> None:
    network = await bench.made()
    guest = await network.tap("e1")
    network.let_go()
    [before] = bench.processes("dnsmasq")
    os.kill(before, signal.SIGKILL)
    await until(lambda: bool(bench.processes("dnsmasq") - {before}))
    guest.close()


async def test_a_port_of_the_host_leads_inside_and_is_open_again_when_the_way_out_was_killed(bench: Bench) -> None:
    network = await bench.made()
    listening = await network.listen(_INSIDE, 80, 8)
    port = HostPort("tcp", IPv4Address("127.60.0.1"), free_port(), _INSIDE, 80)

    async def reached() -> bool:
        loop = asyncio.get_running_loop()
        with socket.socket() as client:
            client.setblocking(False)
            async with asyncio.timeout(5):
                await loop.sock_connect(client, (str(port.host_address), port.host_port))
                inside, _ = await loop.sock_accept(listening)
                with inside:
                    await loop.sock_sendall(inside, b"hello")
                return await loop.sock_recv(client, 5) == b"hello"

    await network.stand_for({_INSIDE: _INSIDE})
    assert await network.ensure_ports("guest", [port]) == {}

    async def again() -> bool | None:
        try:
            return await reached() or None
        except (OSError, TimeoutError):
            return None

    assert await eventually_async(again, within=20)
    refused = await network.ensure_ports("other", [port])
    assert refused == {}, "it is open already"
    [before] = bench.processes("slirp4netns")
    os.kill(before, signal.SIGKILL)
    await until(lambda: bool(bench.processes("slirp4netns") - {before}))
    assert await eventually_async(again, within=20)
    assert await network.ensure_ports("other", []) == {}
    assert await network.ensure_ports("guest", []) == {}
    with pytest.raises(ConnectionRefusedError):
        await reached()
    listening.close()
    await network.ensure_gone()


async def test_a_port_is_open_while_a_guest_listens_there_and_no_program_hears_of_the_question(bench: Bench) -> None:
    network = await bench.made()
    port = HostPort("tcp", IPv4Address("127.60.0.4"), free_port(), IPv4Address("240.0.0.4"), 80)
    await network.stand_for({IPv4Address("240.0.0.4"): _INSIDE})

    def answers() -> bool:
        with socket.socket() as client:
            client.settimeout(0.5)  # nobody answers while nobody was heard
            return client.connect_ex((str(port.host_address), port.host_port)) == 0

    assert await network.ensure_ports("guest", [port]) == {}
    assert not answers(), "nobody listens"
    listening = await network.listen(_INSIDE, 80, 8)
    await until(answers)
    with pytest.raises(BlockingIOError):
        listening.accept()
    listening.close()
    bench.kill("vpc.host.keeper")  # which has it too
    await until(lambda: bench.lost == ["one"])
    await ensured(network)
    await until(lambda: not answers())
    await network.ensure_gone()


async def test_a_port_is_silent_while_the_guest_is_there_and_says_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a client was in the way the first time; and while the network lets nobody in."""
    network = await bench.made()
    make_silent, tries = network._silent.ensure, 0

    def at_second_try(wanted: Collection[HostEnd]) -> bool:
        nonlocal tries
        tries += bool(wanted)
        return tries != 1 and make_silent(wanted)

    monkeypatch.setattr(network._silent, "ensure", at_second_try)
    speaks, says_nothing = (
        HostPort("tcp", IPv4Address("127.60.0.4"), free_port(), IPv4Address("240.0.0.4"), port) for port in (80, 81)
    )
    await network.stand_for({IPv4Address("240.0.0.4"): _INSIDE})
    listening = [await network.listen(_INSIDE, port, 8) for port in (80, 81)]
    await network.apply(Texts(nft=["add rule inet vpc input tcp dport 81 drop\n"]))

    def connects(port: HostPort) -> int:
        """0 where it is accepted; `EAGAIN`: nothing was answered within a while."""
        with socket.socket() as client:
            client.settimeout(0.5)
            return client.connect_ex((str(port.host_address), port.host_port))

    async def found(port: HostPort, wanted: int) -> bool:
        return await asyncio.to_thread(connects, port) == wanted

    assert await network.ensure_ports("guest", [speaks, says_nothing]) == {}
    await eventually_async(partial(found, says_nothing, errno.EAGAIN), within=20)
    await eventually_async(partial(found, speaks, 0), within=20)
    await eventually_async(partial(found, says_nothing, errno.EAGAIN), within=20)
    await network.apply(Texts(nft=["flush chain inet vpc input\n"]))
    await eventually_async(partial(found, says_nothing, 0), within=20)
    stand_ins = {IPv4Address("240.0.0.4"): _INSIDE}
    await network.stand_for(stand_ins, lambda address, port: (address, port) != (_INSIDE, 80))
    assert (connects(speaks), connects(says_nothing)) == (errno.EAGAIN, 0), "no client is let in to the one"
    await network.stand_for(stand_ins)
    assert (connects(speaks), connects(says_nothing)) == (0, 0)
    assert await network.ensure_ports("guest", []) == {}
    assert connects(says_nothing) == errno.ECONNREFUSED
    for each in listening:
        each.close()
    await network.ensure_gone()


async def test_a_port_whose_address_moves_is_shut_until_the_other_guest_listens(bench: Bench) -> None:
    network = await bench.made()
    other = IPv4Address("10.1.2.4")
    await network.apply(Texts(ip=f"addr replace {other}/32 dev lo\n"))
    port = HostPort("tcp", IPv4Address("127.60.0.5"), free_port(), IPv4Address("240.0.0.4"), 80)

    async def is_open() -> bool:
        return port in await network._way_out.open_ports()

    async def opened() -> bool | None:
        return await is_open() or None

    await network.stand_for({port.inside_address: _INSIDE})
    listening = await network.listen(_INSIDE, 80, 8)
    assert await network.ensure_ports("guest", [port]) == {}
    assert await eventually_async(opened, within=20)
    await network.stand_for({port.inside_address: other})
    assert not await is_open()
    assert await network.ensure_ports("guest", []) == await network.ensure_ports("other", [port]) == {}
    assert not await is_open()
    (await network.listen(other, 80, 8)).close()
    assert await eventually_async(opened, within=20)
    await network.stand_for({})
    assert not await is_open(), "it leads nowhere"
    listening.close()
    await network.ensure_gone()


async def test_a_port_that_another_program_has_is_given_back_with_the_reason(bench: Bench) -> None:
    network = await bench.made()
    with socket.socket() as other:
        other.bind(("127.60.0.2", 0))
        other.listen()
        port = HostPort("tcp", IPv4Address("127.60.0.2"), other.getsockname()[1], _INSIDE, 80)
        assert await network.ensure_ports("guest", [port]) == {port: "another program listens there"}
    await network.ensure_gone()


async def test_a_datagram_leaves_from_a_port_that_is_open_on_the_host_as_from_any_other(bench: Bench) -> None:
    """From the host's own address, and not by the socket that leads to the guest, which is on loopback."""
    if (host := min(own_addresses(), default=None)) is None:
        pytest.skip("this host has loopback addresses alone")
    network, plan = bench.network(), two_tiers()
    [web] = plan.interfaces[WEB].addresses
    assert web.public is not None
    await network.ensure_kept()
    await network.ensure_way_out(TRANSIT)
    ip = f"link set dev lo up\naddr replace {web.private}/32 dev lo\nroute replace local 240.0.0.0/8 dev lo\n"
    ip += f"route replace default via {plan.host} dev igw\n"
    await network.apply(replace(TEXTS, ip=ip, nft=nft.whole(plan).batches))
    port = HostPort("udp", IPv4Address("127.60.0.6"), free_port(), transit_address(web.public), 123)
    assert await network.ensure_ports("guest", [port]) == {}
    program = bench.folder / "sends.py"
    program.write_text(_SENDS)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind((str(host), 0))
        there.settimeout(20)
        command = f"{sys.executable} {program} {web.private} 123 {host} {there.getsockname()[1]}"
        sending = asyncio.create_task(asyncio.to_thread(inside_network.run, network._inner, command))
        said, sender = await asyncio.to_thread(there.recvfrom, 100)
        there.sendto(b"hello too", sender)
        assert (said, sender[0]) == (b"hello", str(host))
        assert await sending == "hello too\n"
    await network.ensure_gone()


async def test_ports_that_an_earlier_server_opened_are_closed_once_all_guests_have_theirs(bench: Bench) -> None:
    network = await bench.made()
    guest = await network.tap("e1")
    kept, left = (HostPort("udp", IPv4Address("127.60.0.3"), free_port(), _INSIDE, each) for each in (80, 81))
    assert await network.ensure_ports("a", [kept]) == await network.ensure_ports("b", [left]) == {}
    network.let_go()

    later = await bench.made()
    assert await later.ensure_ports("a", [kept]) == {}
    await later.settle()
    open_now = (await later._way_out.open_ports()).keys()
    assert open_now == {kept}
    guest.close()
    await later.ensure_gone()


async def test_two_networks_do_not_meet(bench: Bench) -> None:
    one, other = await bench.made("one"), await bench.made("other")
    taps = [await network.tap("e1") for network in (one, other)]
    assert namespace(taps[0]) != namespace(taps[1])
    [first, second] = [await network.listen(_INSIDE, 80, 8) for network in (one, other)]
    for each in (first, second):
        each.close()
    for tap in taps:
        tap.close()
    await one.ensure_gone()
    await other.ensure_gone()


async def test_networks_of_two_servers_do_not_meet(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Though they have the same name, and one ends."""
    others = Bench(tmp_path_factory.mktemp("other"))
    try:
        one, other = await bench.made(), await others.made()
        taps = [await network.tap("e1") for network in (one, other)]
        assert namespace(taps[0]) != namespace(taps[1])
        running = others.processes()
        assert running.isdisjoint(bench.processes())
        taps[0].close()
        await one.ensure_gone()
        await until(lambda: not bench.processes())
        assert others.processes() == running
        assert (await other.devices()).taps == {"e1"}
        taps[1].close()
        await other.ensure_gone()
    finally:
        await others.close()


async def test_two_networks_of_a_family_can_be_linked(bench: Bench) -> None:
    one, other = await bench.made("one"), await bench.made("other")
    for _ in range(2):
        await one.ensure_link("p1", other)
        assert [(await network.devices()).links for network in (one, other)] == [{"p1"}, {"p1"}]
    for network, own, far in ((one, "192.0.2.1", "192.0.2.2"), (other, "192.0.2.2", "192.0.2.1")):
        await network.apply(Texts(ip=f"link set p1 up\naddr replace {own} peer {far} dev p1\n"))
    (await one.listen(IPv4Address("192.0.2.1"), 80, 8)).close()
    bench.kill("vpc.host.keeper", f"{bench.folder}/one")
    await until(lambda: bench.lost == ["one"])
    for _ in range(2):
        await other.ensure_no_link("p1")
        assert (await other.devices()).links == frozenset()
    await other.ensure_gone()


async def test_nothing_of_the_host_is_changed(bench: Bench) -> None:
    looks = [["ip", "-o", "addr"], ["ip", "route"], ["ip", "rule"], ["sysctl", "net.ipv4.ip_forward"]]
    looks += [["nft", "list", "ruleset"]] if os.geteuid() == 0 else []

    def look() -> list[str]:
        return [subprocess.run(one, capture_output=True, text=True, check=True).stdout for one in looks]

    before = look()
    network = await bench.made()
    guest = await network.tap("e1")
    assert look() == before
    guest.close()
    await network.ensure_gone()
    await until(lambda: not bench.processes())
    assert look() == before


async def test_what_the_kernel_refuses_is_told_in_its_words(bench: Bench) -> None:
    network = await bench.made()
    with pytest.raises(NetworkFailed, match=r"nft: .*No such file or directory"):
        await network.apply(Texts(nft=["flush table inet nothing\n"]))
    with pytest.raises(NetworkFailed, match="is no setting of a network"):
        await network.apply(Texts({"net/../kernel/panic": "1"}))
    with pytest.raises(NetworkFailed, match="Invalid argument"):
        await network.apply(Texts({"net/ipv4/ip_forward": "often"}))
    await network.apply(Texts({"net/ipv4/ipfrag_time": "long"}))  # which some kernels let nobody else have
    await network.ensure_gone()


async def test_a_keeper_that_refuses_to_be_greeted_is_let_go(bench: Bench) -> None:
    folder = bench.folder / "one"
    folder.mkdir()
    with sockets.listen(folder / "keeper.sock") as listening:
        listening.setblocking(False)
        loop = asyncio.get_running_loop()
        greeting = asyncio.create_task(bench.network().ensure_kept())
        keeper, _ = await loop.sock_accept(listening)
        with keeper:
            assert b"hello" in await loop.sock_recv(keeper, 1024)
            await loop.sock_sendall(keeper, b'{"failed": "I keep another one"}\n')
            with pytest.raises(NetworkFailed, match="I keep another one"):
                await greeting
            assert await loop.sock_recv(keeper, 1024) == b"", "the connection has ended"
