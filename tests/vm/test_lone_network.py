"""The network of a guest that is alone: which ports of the host lead to it and when, what it reaches, and what is left
when parts of it are killed. The guest is Ethernet alone."""

import contextlib
import os
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import AsyncIterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from ethernet_guest import HELLO, MAC, EthernetGuest
from no_more_files import no_more_files
from waiting import eventually_async

from kumoniwa import run, sockets
from kumoniwa.network.handshakes import checksum
from kumoniwa.network.host import own_addresses
from kumoniwa.network.user.host import lone_link
from kumoniwa.network.user.host.frames import Edge
from kumoniwa.network.user.host.lone_link import LoneLink
from kumoniwa.network.user.host.lone_network import LoneNetwork
from kumoniwa.network.user.host.lone_port import LonePort
from kumoniwa.network.vpc.host.errors import NetworkFailed
from kumoniwa.tasks import Tasks

pytestmark = [pytest.mark.vm, pytest.mark.anyio]

_SUBNET = IPv4Network("10.1.16.0/20")
_GUEST, _ROUTER, _RESOLVER = IPv4Address("10.1.16.19"), "10.1.16.1", "10.1.16.2"
_ROUTER_MAC = b"\x52\x55" + IPv4Address(_ROUTER).packed


class Bench:
    """A guest, and servers that look after its network one after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.guest = EthernetGuest(folder, str(_GUEST), _ROUTER)
        self.tasks = Tasks("test")
        self.lives = True

    def server(self) -> LoneLink:
        mac = ":".join(f"{byte:02x}" for byte in MAC)
        return LoneLink(self.folder, mac, _SUBNET, _GUEST, lambda: self.lives, self.tasks)

    def processes(self) -> set[int]:
        found = set()
        for entry in Path("/proc").iterdir():
            try:
                if b"lone_network" in (entry / "cmdline").read_bytes() and (entry / "cwd").readlink() == self.folder:
                    found.add(int(entry.name))
            except OSError:
                continue
        return found

    async def until_gone(self) -> None:
        """Until no process is left: zombies have no command line."""

        async def gone() -> bool | None:
            return not self.processes() or None

        assert await eventually_async(gone, within=20)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    try:
        yield bench
    finally:
        bench.lives = False
        bench.guest.end()
        await bench.until_gone()
        await bench.tasks.close()


def _free_port(address: str = "127.61.0.1", protocol: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, protocol) as trial:
        trial.bind((address, 0))
        return int(trial.getsockname()[1])


def _port(guest_port: int) -> LonePort:
    return LonePort("tcp", IPv4Address("127.61.0.1"), _free_port(), _GUEST, guest_port)


def _said(port: LonePort) -> bytes | None:
    """What a client of this port hears, nothing within a while too; None where it is refused."""
    try:
        with socket.create_connection((str(port.host_address), port.host_port), timeout=1) as client:
            return client.recv(len(HELLO))
    except ConnectionRefusedError:
        return None
    except TimeoutError:
        return b""


async def _until(port: LonePort, said: bytes | None) -> list[bytes | None]:
    """Until a client hears this; gives what was heard before."""
    before: list[bytes | None] = []

    async def heard() -> bool | None:
        if (now := _said(port)) == said:
            return True
        before.append(now)
        return None

    assert await eventually_async(heard, within=20)
    return before


def _status(pid: int) -> dict[str, str]:
    """What the kernel says of a process."""
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())


async def test_a_port_is_refused_until_the_guest_listens_and_no_client_is_ever_cut_off(bench: Bench) -> None:
    server, ssh, web = bench.server(), _port(22), _port(80)
    await server.begin()
    assert await server.ensure_ports([ssh, web]) == {}
    for port in (ssh, web):
        assert set(await _until(port, None)) <= {b""}, "it was not heard yet"
    bench.guest.listening.add(22)
    assert set(await _until(ssh, HELLO)) <= {None}
    assert _said(web) is None
    assert 0x04 in bench.guest.knocks[22], "who only asks takes it back"
    assert not any(flags & 0x10 for flags in bench.guest.knocks[22]), "no handshake is finished"
    bench.guest.listening.clear()
    await _until(ssh, None)
    bench.guest.silent.add(80)
    await _until(web, b"")
    bench.guest.silent.clear()
    await _until(web, None)
    server.release()


async def test_a_guest_reaches_its_metadata_and_nothing_of_the_host(bench: Bench) -> None:
    server, metadata = bench.server(), ("169.254.169.254", 80)
    await server.begin()
    await server.ready()
    with contextlib.ExitStack() as stack:
        imds = stack.enter_context(sockets.listen(bench.folder / "imds.sock"))
        listening = [stack.enter_context(socket.create_server((at, 0))) for at in ("0.0.0.0", "127.0.0.1")]
        ports = [each.getsockname()[1] for each in listening]
        heard = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in ports]
        for each, port in zip(heard, ports, strict=True):
            each.bind(("0.0.0.0", port))
        hosts = ["127.0.0.1", "127.0.0.53", "0.0.0.0", _ROUTER, _RESOLVER, "10.1.16.3", "255.255.255.255"]
        tried = [(host, port) for host in [*hosts, *map(str, own_addresses())] for port in ports]
        assert bench.guest.connect(metadata) == {metadata}, "from now on the guest and its network know each other"
        bench.guest.send_datagrams(*tried)
        assert bench.guest.connect(*tried, metadata) == {metadata}
        for each in (*listening, *heard):
            each.setblocking(False)
            with pytest.raises(BlockingIOError):
                each.recv(1) if each in heard else each.accept()

        async def asked() -> bool | None:
            try:
                imds.accept()[0].close()
            except BlockingIOError:
                return None
            return True

        assert await eventually_async(asked, within=20)
    server.release()


async def test_a_network_that_does_not_start_says_why(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lone_link, "_PROGRAM", "kumoniwa.network.user.host.nothing")
    server = bench.server()
    await server.begin()
    with pytest.raises(NetworkFailed, match=r"The guest's network does not start: .*No module named"):
        await server.ready()
    server.release()


async def test_a_port_that_another_program_has_is_given_back_with_the_reason(bench: Bench) -> None:
    server = bench.server()
    await server.begin()
    with socket.socket() as other:
        other.bind(("127.61.0.2", 0))
        other.listen()
        port = LonePort("tcp", IPv4Address("127.61.0.2"), other.getsockname()[1], _GUEST, 22)
        udp = LonePort("udp", port.host_address, _free_port("127.61.0.2", socket.SOCK_DGRAM), _GUEST, 53)
        assert await server.ensure_ports([udp, port]) == {port: "another program listens there"}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial, pytest.raises(OSError, match="in use"):
            trial.bind((str(udp.host_address), udp.host_port))
    assert await server.ensure_ports([]) == {}
    server.release()


async def test_a_network_goes_on_without_a_server_and_the_next_one_finds_it(bench: Bench) -> None:
    server, ssh = bench.server(), _port(22)
    await server.begin()
    await server.ensure_ports([ssh])
    server.release()
    before = bench.processes()
    bench.guest.listening.add(22)
    await _until(ssh, HELLO)

    later = bench.server()
    assert LoneLink.is_of(bench.folder)
    await later.ensure_there()
    assert _said(ssh) == HELLO
    assert await later.ensure_ports([]) == {}
    assert _said(ssh) is None
    assert bench.processes() == before
    later.release()


async def test_a_network_that_was_killed_is_there_again_with_its_ports(bench: Bench) -> None:
    server, ssh = bench.server(), _port(22)
    bench.guest.listening.add(22)
    await server.begin()
    await server.ensure_ports([ssh])
    await _until(ssh, HELLO)
    [pid] = bench.processes()
    os.kill(pid, signal.SIGKILL)

    async def another() -> bool | None:
        return bool(bench.processes() - {pid}) or None

    assert await eventually_async(another, within=20)
    await _until(ssh, HELLO)
    server.release()


async def test_a_metadata_request_waits_for_a_server_and_none_that_is_busy_holds_up_the_network(bench: Bench) -> None:
    server, metadata = bench.server(), ("169.254.169.254", 80)
    await server.begin()
    await server.ready()
    before = bench.processes()
    assert bench.guest.connect(metadata) == {metadata}, "there is no server yet"
    with sockets.listen(bench.folder / "imds.sock", backlog=1) as imds:

        async def accepted() -> socket.socket | None:
            try:
                return imds.accept()[0]
            except BlockingIOError:
                return None

        with await eventually_async(accepted, within=20):
            for _ in range(8):  # more than it has room for
                assert bench.guest.connect(metadata) == {metadata}
            assert await server.ensure_ports([]) == {}
        (await eventually_async(accepted, within=20)).close()
    assert bench.processes() == before
    server.release()


async def test_connections_that_are_never_finished_take_no_memory(bench: Bench) -> None:
    server = bench.server()
    await server.begin()
    await server.ready()
    [pid] = bench.processes()
    before = int(_status(pid)["VmRSS"].split()[0])
    bench.guest.begin_handshakes(("169.254.169.254", 80), range(1, 1500))
    assert bench.guest.find("169.254.169.254") == _ROUTER_MAC, "all before it was heard"
    assert int(_status(pid)["VmRSS"].split()[0]) - before < 32 * 1024, "KB"
    server.release()


async def test_fragments_take_a_bounded_part_of_memory_and_a_network_that_has_no_more_is_there_again(
    bench: Bench,
) -> None:
    server, ssh = bench.server(), _port(22)
    bench.guest.listening.add(22)
    await server.begin()
    await server.ensure_ports([ssh])
    await _until(ssh, HELLO)
    [pid] = bench.processes()
    before = int(_status(pid)["VmRSS"].split()[0])
    bench.guest.send_beginnings("8.8.8.8", 4000)
    bench.guest.find("169.254.169.254")
    assert int(_status(pid)["VmRSS"].split()[0]) - before < 20 * 1024, "KB"
    resource.prlimit(pid, resource.RLIMIT_DATA, (16 << 20, 16 << 20))  # less than it has
    with contextlib.suppress(OSError):  # nobody carries the rest
        bench.guest.send_beginnings("8.8.8.8", 4000)

    async def another() -> bool | None:
        return bool(bench.processes() - {pid}) or None

    assert await eventually_async(another, within=20)
    await _until(ssh, HELLO)
    server.release()


async def test_a_guest_that_uses_up_the_files_of_its_network_stops_neither_it_nor_the_server(bench: Bench) -> None:
    server, ssh = bench.server(), _port(22)
    bench.guest.listening.add(22)
    await server.begin()
    await server.ensure_ports([ssh])
    await _until(ssh, HELLO)
    server.release()
    [pid] = bench.processes()
    bench.guest.send_datagrams((_ROUTER, 9), ports=range(1, 5000))
    assert bench.guest.find("169.254.169.254") == _ROUTER_MAC, "all before it was heard"
    assert _open_files(pid) > 3000
    used = _used(pid)
    assert _said(ssh) == b"", "its client waits"
    assert _used(pid) - used < 0.6, "seconds of a processor, in more than one"
    later, web = bench.server(), _port(80)
    bench.guest.listening.add(80)
    assert await later.ensure_ports([ssh, web]) == {}
    await _until(web, b"")
    assert bench.processes() == {pid}
    later.release()


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def test_a_guest_answers_only_what_it_is_asked_and_nothing_fails_for_want_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ours, theirs = socket.socketpair()
    port = _port(22)
    with ours, theirs, sockets.listen(tmp_path / "network.sock") as listening:
        network = LoneNetwork(listening, ours, Edge(MAC, _SUBNET), _GUEST)
        for number in range(1, 1000):
            network._from_guest(_answer(number))
        assert network._answers == {}
        assert network._answer({"wanted": [port.as_json]}) == {"refused": []}
        for number in range(1, 1000):
            network._from_guest(_answer(number))
        assert network._answers == {(str(_GUEST), 22): True}
        with sockets.connect(tmp_path / "network.sock"):
            with no_more_files():
                network._knock()
                network._accept()
                refused = network._answer({"wanted": [port._replace(protocol="udp").as_json]})
                assert refused == {"refused": [[0, "Too many open files"]]}
            network._accept()
            assert network._server is not None
            network._server.close()
        network._answer({"wanted": []})
        network._metadata.close()


async def test_a_guest_sends_to_others_from_a_port_of_udp_that_has_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    there, port = min(own_addresses()), LonePort("udp", IPv4Address("127.61.0.1"), _free_port(), _GUEST, 123)
    edge = Edge(MAC, _SUBNET, _known={there.packed: True})  # in place of a host of the internet
    ours, theirs = socket.socketpair()
    with (
        ours,
        theirs,
        sockets.listen(tmp_path / "network.sock") as listening,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        other.bind((str(there), 0))
        other.settimeout(10)
        network = LoneNetwork(listening, ours, edge, _GUEST)
        assert network._answer({"wanted": [port.as_json]}) == {"refused": []}
        datagram = struct.pack("!HHHH", 123, other.getsockname()[1], 8 + len(HELLO), 0) + HELLO
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0) + _GUEST.packed + there.packed
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        network._from_guest(bytes(12) + b"\x08\x00" + header + datagram)
        said, sender = other.recvfrom(100)
        assert said == HELLO
        other.sendto(b"welcome", sender)
        theirs.settimeout(0.01)
        heard, until = b"", time.monotonic() + 20
        while b"welcome" not in heard and time.monotonic() < until:
            assert network._turn()
            with contextlib.suppress(TimeoutError):
                heard += theirs.recv(65536)
        at = heard.index(b"welcome")
        assert heard[at - 12 : at - 4] == _GUEST.packed + struct.pack("!HH", other.getsockname()[1], 123)
        network._answer({"wanted": []})
        network._metadata.close()


def _answer(port: int) -> bytes:
    """A frame by which the guest says that it listens at this port, to those who only ask."""
    header = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + _GUEST.packed + IPv4Address(_ROUTER).packed
    segment = struct.pack("!HHIIBBHHH", port, 9, 1, 1, 5 << 4, 0x12, 0, 0, 0)
    return bytes(12) + b"\x08\x00" + header + segment


def _used(pid: int) -> float:
    """For how many seconds a process had a processor."""
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().split()[13:15])) / os.sysconf("SC_CLK_TCK")


async def _stuck(bench: Bench) -> tuple[LoneLink, LonePort, int]:
    """A network with a port, whose process takes no part any more."""
    server, ssh = bench.server(), _port(22)
    bench.guest.listening.add(22)
    await server.begin()
    await server.ensure_ports([ssh])
    await _until(ssh, HELLO)
    [pid] = bench.processes()
    os.kill(pid, signal.SIGSTOP)
    return server, ssh, pid


async def test_a_network_that_does_not_answer_is_killed_and_another_one_answers(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, ssh, pid = await _stuck(bench)
    monkeypatch.setattr(lone_link, "_ANSWERS_WITHIN", 0.5)
    web = _port(80)
    assert await server.ensure_ports([ssh, web]) == {}
    assert len(bench.processes() - {pid}) == len(bench.processes()) == 1
    await _until(ssh, HELLO)
    server.release()


async def test_a_network_that_accepts_no_server_is_killed_and_not_forgotten(bench: Bench) -> None:
    server, ssh, pid = await _stuck(bench)
    server.release()
    with contextlib.ExitStack() as stack, pytest.raises(BlockingIOError):
        while True:
            stack.enter_context(sockets.connect(bench.folder / "network.sock"))
    later = bench.server()
    assert await later.ensure_ports([ssh]) == {}
    assert len(bench.processes() - {pid}) == len(bench.processes()) == 1
    await _until(ssh, HELLO)
    later.release()


async def test_a_network_that_does_not_end_with_its_guest_is_killed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, ssh, _ = await _stuck(bench)
    monkeypatch.setattr(lone_link, "_ENDS_WITHIN", 1.0)
    bench.lives = False
    bench.guest.end()
    await server.gone()
    assert not bench.processes()
    assert _said(ssh) is None
    server.release()


async def test_the_process_that_carries_a_guests_packets_starts_no_program(bench: Bench) -> None:
    server = bench.server()
    await server.begin()
    await server.ensure_ports([])  # it is as far as to answer
    [pid] = bench.processes()
    status = _status(pid)
    assert (status["Seccomp"], status["NoNewPrivs"], status["Threads"]) == ("2", "1", "1")
    assert resource.prlimit(pid, resource.RLIMIT_DATA) == (3 << 29, 3 << 29)
    assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
    tried = "import os; from kumoniwa.network.user.host.seccomp import forbid_programs as f; f(); "
    for what in ("os.fork()", "os.execv('/bin/true', ['true'])", "os.posix_spawn('/bin/true', ['true'], {})"):
        with pytest.raises(run.ProgramFailed, match="PermissionError"):
            await run.run([sys.executable, "-c", tried + what], timeout=60)
    server.release()
