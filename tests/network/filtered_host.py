"""A host of its own, in namespaces that end with it, and clients on it. A program of one thread.

It reads one request from each line of its standard input (a name of `FilteredHost`, and arguments) and answers each
with a line (`test_host_filter.py` is the other end).
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from kumoniwa.network.handshakes import checksum
from kumoniwa.network.silence.admitted import Admitted
from kumoniwa.network.silence.host_filter import HostFilter
from kumoniwa.network.vpc.host import namespaces

_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
_SILENT_AFTER = 0.2  # seconds: whatever answers here is this kernel
_ECHO_REQUEST, _ECHO_REPLY = 8, 0


class FilteredHost:
    """The host, from inside."""

    def __init__(self) -> None:
        self._filters: dict[str, HostFilter] = {}
        self._listening: dict[tuple[str, str, int], socket.socket] = {}
        self._connected: tuple[socket.socket, socket.socket] | None = None

    def ensure(self, table: str, admitted: Mapping[str, Any]) -> None:
        """Have a table admit this: ports by address, the word "echo" among them; null where there is no guest."""
        found = {
            address: None if ports is None else Admitted(_ranges(ports), "echo" in ports)
            for address, ports in admitted.items()
        }
        self._filters.setdefault(table, HostFilter(table)).ensure(found)

    def close(self, table: str) -> None:
        self._filters.pop(table).close()

    def be_as_before(self) -> None:
        """Have no table, no program and no connection."""
        for table in list(self._filters):
            self.close(table)
        for one in (*self._listening.values(), *(self._connected or ())):
            one.close()
        self._listening.clear()
        self._connected = None

    def killed_with(self, table: str, admitted: Mapping[str, Any]) -> list[str]:
        """The tables while another process has one, and after `kill -9` of it."""
        begun, says = os.pipe()
        if (pid := os.fork()) == 0:
            self.ensure(table, admitted)
            os.write(says, b".")
            signal.pause()
        os.read(begun, 1)
        during = self.run("nft", "list", "tables")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return [during, self.run("nft", "list", "tables")]

    def run(self, *argv: str) -> str:
        """What a program says, on either output."""
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_ENVIRONMENT)
        return done.stdout

    def listen(self, protocol: str, address: str, port: int) -> None:
        """Have a program there: one of UDP sends back what it gets."""
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((address, port))
        if protocol == "tcp":
            one.listen()
        self._listening[protocol, address, port] = one

    def tcp(self, address: str, port: int, source: str = "") -> str:
        with socket.socket() as client:
            client.settimeout(_SILENT_AFTER)
            if source:
                client.bind((source, 0))
            try:
                client.connect((address, port))
            except TimeoutError:
                return "silent"
            except ConnectionRefusedError:
                return "refused"
        return "open"

    def udp(self, address: str, port: int, length: int = 4) -> str:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(_SILENT_AFTER)
            client.connect((address, port))
            client.send(bytes(length))
            try:
                if (there := self._listening.get(("udp", address, port))) is not None:
                    there.settimeout(_SILENT_AFTER)
                    said, sender = there.recvfrom(65536)
                    there.sendto(said, sender)
                return "open" if len(client.recv(65536)) == length else "cut"
            except TimeoutError:
                return "silent"
            except ConnectionRefusedError:
                return "refused"

    def ping(self, address: str) -> str:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as client:
            client.settimeout(_SILENT_AFTER)
            body = bytes([_ECHO_REQUEST, 0, 0, 0, 0x4B, 0x4E, 0, 1])
            client.sendto(body[:2] + checksum(body).to_bytes(2, "big") + body[4:], (address, 0))
            with contextlib.suppress(TimeoutError):
                while True:
                    if client.recv(1500)[20] == _ECHO_REPLY:
                        return "open"
        return "silent"

    def connect(self, address: str, port: int) -> None:
        """Keep a connection."""
        client = socket.create_connection((address, port), timeout=_SILENT_AFTER)
        self._connected = (client, self._listening["tcp", address, port].accept()[0])

    def still_connected(self) -> bool:
        """Whether what is sent through it, either way, arrives."""
        assert self._connected is not None
        for one, other in (self._connected, self._connected[::-1]):
            other.settimeout(_SILENT_AFTER)
            one.send(b"?")
            if other.recv(1) != b"?":
                return False
        return True


def _ranges(ports: Sequence[Any]) -> tuple[tuple[str, int, int], ...]:
    return tuple((protocol, first, last) for protocol, first, last in (one for one in ports if one != "echo"))


def main() -> None:
    """Serve until standard input ends."""
    namespaces.enter_new()
    host = FilteredHost()
    host.run("ip", "link", "set", "lo", "up")
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(getattr(host, name)(*arguments)), flush=True)


if __name__ == "__main__":
    main()
