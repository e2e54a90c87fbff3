"""The way out of a network: how it is run, and which ports of the host it is told to open."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from kumoniwa.network import host
from kumoniwa.network.vpc.host.errors import NetworkRefused
from kumoniwa.network.vpc.host.host_network import _closed_to
from kumoniwa.network.vpc.host.way_out import HostPort, Slirp, ensure_ports

pytestmark = pytest.mark.anyio

TRANSIT = IPv4Network("100.64.0.0/24")


def _port(number: int) -> HostPort:
    return HostPort("tcp", IPv4Address("127.9.0.1"), number, IPv4Address("240.9.0.1"), number)


class FakeWayOut:
    """Has ports, and refuses some."""

    def __init__(self, *is_open: HostPort, refuses: Mapping[HostPort, str] | None = None) -> None:
        self.is_open = {port: number for number, port in enumerate(is_open, 1)}
        self._refuses = refuses or {}

    def command_line(self, inner: int, transit: IPv4Network) -> Sequence[str]:
        return []

    def link(self, transit: IPv4Network) -> str:
        return ""

    async def open_ports(self) -> Mapping[HostPort, int]:
        return dict(self.is_open)

    async def open(self, port: HostPort) -> None:
        if port in self._refuses:
            raise NetworkRefused(self._refuses[port])
        self.is_open[port] = 100 + port.host_port

    async def close(self, number: int) -> None:
        [port] = [port for port, known in self.is_open.items() if known == number]
        del self.is_open[port]


async def test_exactly_those_ports_are_open_that_are_wanted() -> None:
    out = FakeWayOut(_port(1), _port(2))
    assert await ensure_ports(out, [_port(2), _port(3)]) == {}
    assert out.is_open.keys() == {_port(2), _port(3)}
    assert out.is_open[_port(2)] == 2, "it was left open, with its connections"


async def test_what_cannot_be_opened_is_given_back_with_the_reason_and_hinders_no_other() -> None:
    out = FakeWayOut(refuses={_port(2): "another program listens there"})
    assert await ensure_ports(out, [_port(2), _port(3)]) == {_port(2): "another program listens there"}
    assert out.is_open.keys() == {_port(3)}


def test_the_way_out_is_shut_in_and_leads_to_no_loopback_service(tmp_path: Path) -> None:
    argv = Slirp(tmp_path).command_line(4711, TRANSIT)
    assert {"--disable-host-loopback", "--enable-sandbox", "--enable-seccomp", "--cidr=100.64.0.0/24"} < set(argv)
    assert argv[-2:] == ["/proc/4711/ns/net", "igw"]
    link = Slirp(tmp_path).link(TRANSIT)
    assert link == "link set dev igw mtu 65520 up\naddr replace 100.64.0.100/24 dev igw\n"


def test_the_hosts_own_addresses_are_closed_to_guests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    routes = tmp_path / "fib_trie"
    routes.write_text(
        "Main:\n"
        "  +-- 0.0.0.0/0 3 0 5\n"
        "     |-- 0.0.0.0\n"
        "        /0 universe UNICAST\n"
        "           |-- 127.0.0.1\n"
        "              /32 host LOCAL\n"
        "        +-- 192.0.2.0/24 2 0 2\n"
        "           |-- 192.0.2.0\n"
        "              /24 link UNICAST\n"
        "           |-- 192.0.2.2\n"
        "              /32 host LOCAL\n"
        "           |-- 192.0.2.255\n"
        "              /32 link BROADCAST\n"
    )
    monkeypatch.setattr(host, "_ROUTES", routes)
    assert host.own_addresses() == {IPv4Address("192.0.2.2")}
    assert 'oifname "igw" ip daddr { 192.0.2.2 } drop;' in _closed_to(host.own_addresses())
    assert "daddr" not in _closed_to([])


def test_an_address_of_two_devices_and_one_that_is_more_than_local_are_the_hosts_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As kernels write it: a line below the address for each thing that it is, in any order."""
    routes = tmp_path / "fib_trie"
    routes.write_text(
        "Local:\n"
        "  +-- 0.0.0.0/0 3 0 5\n"
        "     +-- 192.0.2.0/24 2 0 2\n"
        "           |-- 192.0.2.0\n"
        "              /32 link BROADCAST\n"
        "              /24 link UNICAST\n"
        "           |-- 192.0.2.2\n"
        "              /32 host LOCAL\n"
        "              /32 host LOCAL\n"
        "           |-- 192.0.2.3\n"
        "              /32 link BROADCAST\n"
        "              /32 host LOCAL tos=16\n"
        "           |-- 192.0.2.255\n"
        "              /32 link BROADCAST\n"
    )
    monkeypatch.setattr(host, "_ROUTES", routes)
    assert host.own_addresses() == {IPv4Address("192.0.2.2"), IPv4Address("192.0.2.3")}
