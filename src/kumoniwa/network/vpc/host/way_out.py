"""The way out of a network, and in: the program that carries its packets to and from the host's own sockets.

It is slirp4netns, which needs no privileges. Whatever takes its place is a `WayOut`.
"""

import asyncio
import json
import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, Protocol

from kumoniwa import sockets
from kumoniwa.network.vpc.host.errors import NetworkFailed, NetworkRefused
from kumoniwa.network.vpc.host.keeper import WAY_OUT
from kumoniwa.sockets import why_not

_ANSWERED_WITHIN = 10.0  # seconds
_LONGEST_ANSWER = 4 * 1024 * 1024  # bytes
_MTU = 65520
_OWN = 100  # of the network itself in the block, as slirp4netns expects it
_API_SOCKET = "way-out.sock"


@dataclass(frozen=True, slots=True, order=True)
class HostPort:
    """A port of a loopback address of this host that leads to a port of an address inside."""

    protocol: str
    host_address: IPv4Address
    host_port: int
    inside_address: IPv4Address
    inside_port: int


class WayOut(Protocol):
    """The program that carries a network's packets to and from the host."""

    def command_line(self, inner: int, transit: IPv4Network) -> Sequence[str]:
        """How to run it for the network of this keeper (its inner process); see `Programs` for `{ready}`, `{exit}`.

        `transit`: the block between it and the network.
        """
        ...

    def link(self, transit: IPv4Network) -> str:
        """What `ip` is to do for the device of the network at which it stands."""
        ...

    async def open_ports(self) -> Mapping[HostPort, int]:
        """The ports of the host that are open now, each with its number. Raises `NetworkFailed`."""
        ...

    async def open(self, port: HostPort) -> None:
        """Open a port. Raises `NetworkRefused` where the host does not let us, `NetworkFailed`."""
        ...

    async def close(self, number: int) -> None:
        """Close a port that is open. Raises `NetworkFailed`."""
        ...


class Slirp:
    """slirp4netns, by its API socket in this folder. It is the second address of the block, its resolver the third."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = asyncio.Lock()  # it has room for one request at a time, and refuses others

    def command_line(self, inner: int, transit: IPv4Network) -> Sequence[str]:
        return [
            "slirp4netns",
            f"--userns-path=/proc/{inner}/ns/user",
            "--netns-type=path",
            f"--mtu={_MTU}",
            f"--cidr={transit}",
            "--disable-host-loopback",
            "--enable-sandbox",
            "--enable-seccomp",
            f"--api-socket={_API_SOCKET}",
            "--ready-fd={ready}",
            "--exit-fd={exit}",
            f"/proc/{inner}/ns/net",
            WAY_OUT,
        ]

    def link(self, transit: IPv4Network) -> str:
        own = f"{transit.network_address + _OWN}/{transit.prefixlen}"
        return f"link set dev {WAY_OUT} mtu {_MTU} up\naddr replace {own} dev {WAY_OUT}\n"

    async def open_ports(self) -> Mapping[HostPort, int]:
        entries = (await self._ask("list_hostfwd"))["entries"]
        return {
            HostPort(
                entry["proto"],
                IPv4Address(entry["host_addr"]),
                entry["host_port"],
                IPv4Address(entry["guest_addr"]),
                entry["guest_port"],
            ): entry["id"]
            for entry in entries
        }

    async def open(self, port: HostPort) -> None:
        if (why := why_not(port.protocol, port.host_address, port.host_port)) is not None:
            raise NetworkRefused(why)
        await self._ask(
            "add_hostfwd",
            proto=port.protocol,
            host_addr=str(port.host_address),
            host_port=port.host_port,
            guest_addr=str(port.inside_address),
            guest_port=port.inside_port,
        )

    async def close(self, number: int) -> None:
        await self._ask("remove_hostfwd", id=number)

    async def _ask(self, execute: str, **arguments: object) -> Any:
        """One request; it ends its connection with the answer."""
        request = json.dumps({"execute": execute, **({"arguments": arguments} if arguments else {})})
        loop = asyncio.get_running_loop()
        answer = b""
        try:
            async with self._turn, asyncio.timeout(_ANSWERED_WITHIN):
                with sockets.connect(self._folder / _API_SOCKET) as connected:
                    await loop.sock_sendall(connected, request.encode())
                    connected.shutdown(socket.SHUT_WR)
                    while chunk := await loop.sock_recv(connected, 65536):
                        answer += chunk
                        if len(answer) > _LONGEST_ANSWER:
                            raise NetworkFailed("The way out answers without end.")
            answered = json.loads(answer)
        except (OSError, TimeoutError, ValueError) as failure:
            raise NetworkFailed(f"The way out does not answer: {failure or 'time is up'}.") from failure
        if "error" in answered:
            raise NetworkRefused(str(answered["error"].get("desc", answered["error"])))
        return answered.get("return", answered)  # a list comes bare, in 1.2.0


async def ensure_ports(way_out: WayOut, wanted: Collection[HostPort]) -> Mapping[HostPort, str]:
    """Afterwards exactly these ports are open, but for those given back, each with the reason it is not.

    Raises `NetworkFailed`.
    """
    is_open = await way_out.open_ports()
    for port, number in is_open.items():
        if port not in wanted:
            await way_out.close(number)
    refused = {}
    for port in sorted(set(wanted) - is_open.keys()):
        try:
            await way_out.open(port)
        except NetworkRefused as refusal:
            refused[port] = refusal.what.removesuffix(".")
    return refused
