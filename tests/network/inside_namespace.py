"""A network namespace with taps, into which packets are sent and out of which they are read. A program of one thread.

It makes a user and network namespace of its own, which ends with it, and never touches the host's network. It reads one
request from each line of its standard input, and answers each with a line (`namespace.py` is the other end).
"""

import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kumoniwa.network.vpc.host import namespaces

_SIOCSIFHWADDR, _ARPHRD_ETHER = 0x8924, 1
_NETLINK_NETFILTER = 12
_NFNL_SUBSYS_CTNETLINK, _IPCTNL_MSG_CT_DELETE = 1, 2
_NLM_F_REQUEST, _NLM_F_ACK, _NLMSG_ERROR = 1, 4, 2
_LONGEST_FRAME = 65536
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
ROUTER_MAC = bytes((0x0A, 0, 0, 0, 0, 1))
"""Of the namespace's end of each tap."""


class Wire:
    """The namespace, from inside."""

    def __init__(self) -> None:
        self._taps: dict[str, int] = {}
        self._services: list[socket.socket] = []
        self._programs: list[subprocess.Popen[str]] = []
        self._netfilter = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)

    def taps(self, names: Sequence[str]) -> None:
        """Afterwards there are exactly these taps."""
        for name in self._taps.keys() - set(names):
            os.close(self._taps.pop(name))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            for name in names:
                if name not in self._taps:
                    self._taps[name] = namespaces.open_tap(name, with_offload=False)
                    address = struct.pack("16sH6s8x", name.encode(), _ARPHRD_ETHER, ROUTER_MAC)
                    fcntl.ioctl(any_socket, _SIOCSIFHWADDR, address)

    def run(self, argv: Sequence[str], text: str) -> str:
        """Run a program in the namespace; gives what it printed."""
        done = subprocess.run(argv, input=text, capture_output=True, text=True, env=_ENVIRONMENT)
        if done.returncode:
            raise RuntimeError(f"{' '.join(argv)}: {done.stderr[-2000:]}")
        return done.stdout

    def set(self, values: dict[str, str]) -> None:
        """Set the kernel's settings, by their path below /proc/sys."""
        for path, value in values.items():
            (Path("/proc/sys") / path).write_text(value)

    def serve(self, addresses: Sequence[tuple[str, str, int]]) -> None:
        """Afterwards these are listened at (protocol, address, port), and nothing else."""
        for service in self._services:
            service.close()
        self._services = []
        for protocol, address, port in addresses:
            service = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
            service.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            service.bind((address, port))
            service.setblocking(False)
            if protocol == "tcp":
                service.listen()
            self._services.append(service)

    def forget_flows(self) -> None:
        """Afterwards the kernel tracks no flow."""
        header = struct.pack(
            "=IHHII4x", 20, _NFNL_SUBSYS_CTNETLINK << 8 | _IPCTNL_MSG_CT_DELETE, _NLM_F_REQUEST | _NLM_F_ACK, 1, 0
        )
        self._netfilter.send(header)
        answer = self._netfilter.recv(4096)
        kind, error = struct.unpack_from("=H", answer, 4)[0], struct.unpack_from("=i", answer, 16)[0]
        assert kind == _NLMSG_ERROR and error == 0, f"flows are not forgotten: {error}"

    def send(self, packets: Sequence[tuple[str, str, bool]]) -> list[list[tuple[str, str]]]:
        """Send each frame into its tap, after all flows were forgotten where it opens one.

        Gives what came of each: frames of IPv4 and ARP by tap, and datagrams by "service". The kernel has done all that
        it does with a frame when `write` returns: nothing comes later.
        """
        came = []
        self._drain()
        for tap, frame, opens in packets:
            if opens:
                self.forget_flows()
            os.write(self._taps[tap], bytes.fromhex(frame))
            came.append(self._drain())
        return came

    def came(self) -> list[tuple[str, str]]:
        """What came and was not read yet, as `send` gives it."""
        return self._drain()

    def start(self, argv: Sequence[str], says: str) -> None:
        """Start a program in the namespace; it ends with us. Returns when it has said this on standard error."""
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=_ENVIRONMENT,
        )
        self._programs.append(process)
        assert process.stderr is not None
        heard = ""
        for line in process.stderr:
            heard += line
            if says in line:
                return
        raise RuntimeError(f"{argv[0]} ended: {heard[-2000:]}")

    def exchange(self, tap: str, frame: str, within: float) -> str:
        """Send a frame into a tap; gives the next frame of IPv4 that comes out of it."""
        self._drain()
        self.write(tap, frame)
        return self.receive(tap, within)

    def write(self, tap: str, frame: str) -> None:
        """Send a frame into a tap."""
        os.write(self._taps[tap], bytes.fromhex(frame))

    def receive(self, tap: str, within: float) -> str:
        """The next frame of IPv4 that comes out of a tap."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            select.select([self._taps[tap]], [], [], left)
            if (came := _read(self._taps[tap])) is not None and came[12:14] == b"\x08\x00":
                return came.hex()
        raise RuntimeError(f"nothing came out of {tap} within {within} s")

    def end(self) -> None:
        """Afterwards no program runs."""
        for program in self._programs:
            program.terminate()
            program.wait()

    def _drain(self) -> list[tuple[str, str]]:
        came = []
        for name, tap in self._taps.items():
            while (frame := _read(tap)) is not None:
                if frame[12:14] in (b"\x08\x00", b"\x08\x06"):
                    came.append((name, frame.hex()))
        for service in self._services:
            try:
                if service.type == socket.SOCK_DGRAM:
                    came.append(("service", service.recv(_LONGEST_FRAME).hex()))
                else:
                    service.accept()[0].close()
            except BlockingIOError:
                pass
        return came


def _read(tap: int) -> bytes | None:
    try:
        return os.read(tap, _LONGEST_FRAME)
    except (BlockingIOError, OSError):  # a tap that is down gives an error
        return None


def main() -> None:
    """Answer requests until there are none. What goes wrong is said in the answer.

    Named a process in such a namespace, its network is one of the same user namespace.
    """
    user = None
    if len(sys.argv) > 1:
        with Path(f"/proc/{sys.argv[1]}/ns/net").open() as network:
            user = namespaces.user_namespace(network.fileno())
    namespaces.enter_new(user)
    wire = Wire()
    print(json.dumps({"is": None}), flush=True)
    for line in sys.stdin:
        answers: list[Any] = []
        try:
            for do, arguments in json.loads(line):
                answers.append(getattr(wire, do)(**arguments))
        except (OSError, RuntimeError, AssertionError, ValueError) as failure:
            print(json.dumps({"failed": f"{type(failure).__name__}: {failure}"}), flush=True)
        else:
            print(json.dumps({"is": answers}), flush=True)
    wire.end()


if __name__ == "__main__":
    main()
