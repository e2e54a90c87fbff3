"""The keeper of one network: a program of two processes, each of one thread.

The outer process stands where the host's programs do, and runs the network's way out. The inner one rules a user and a
network namespace: it makes taps and sockets there, applies rules and routes, and runs the programs that belong inside.
It serves one server at a time, at the listening socket that it was given: requests and answers are lines of JSON, open
files come with them (`keeper_link.py` is the other end).

Either ends with the other, and all that they run with them. A keeper goes on without a server as long as a guest has a
tap in the network. The namespace itself lives as long as any process, or any open file of it: QEMU inherits one.
"""

import array
import errno
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kumoniwa.network.vpc.host import namespaces
from kumoniwa.network.vpc.host.knocking import Knocker
from kumoniwa.network.vpc.host.programs import Programs

WAY_OUT = "igw"
"""The lasting tap of the way out."""
TAPS = "e"
LINKS = "p"
"""What the names of guests' taps, and of links to other networks, begin with."""
LONGEST_LINE = 16 * 1024 * 1024  # bytes of a request: the rules of a large network
_LONGEST_MESSAGE = 65536  # bytes between the two processes
_CHUNK = 65536
_MOST_FILES = 4
_LARGEST_LOG = 1024 * 1024  # bytes
_LOOK_AT_LOG_EVERY = 10.0  # seconds
_NEW_FOR = 60.0  # seconds for the first server to connect
_APPLIED_WITHIN = 60.0  # seconds for nft, and for ip
_RTMGRP_LINK = 1
_SYSCTL = Path("/proc/sys")
_IF_IT_CAN = ("net/ipv4/ipfrag_time", "net/ipv4/ipfrag_high_thresh")
"""Settings that a kernel may not let a namespace have: guests are carried without."""
_SAID = 2000  # characters of what a program says of its failure

Answer = tuple[Mapping[str, object], list[int]]


def main() -> None:
    """`keeper LISTENING [network NUMBER | user NUMBER]`: the numbers of the listening socket's file and of the file of
    the network namespace to enter or, where there is none yet, of the user namespace that it is to be in."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    given = dict(zip(sys.argv[2::2], map(int, sys.argv[3::2]), strict=True))
    network, user = given.get("network"), given.get("user")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        if os.geteuid() != 0:  # the way out shuts itself in, which root alone may
            namespaces.become_root(network, user)
        is_inner = os.fork() == 0
        if is_inner:
            ours.close()
            namespaces.end_with_parent(signal.SIGKILL)
            if network is not None:
                namespaces.enter(network)
            else:
                namespaces.enter_new(user)
    except OSError as failure:
        print(f"no namespace: {failure}", file=sys.stderr, flush=True)
        os._exit(1)
    for file in given.values():
        os.close(file)
    if is_inner:
        Inside(listening, theirs).run()
    else:
        theirs.close()
        listening.close()
        Outside(ours).run()


class Outside:
    """The outer process."""

    def __init__(self, inside: socket.socket) -> None:
        self._inside = inside
        self._programs = Programs(lambda event: _send(inside, event))

    def run(self) -> None:
        """Do what the inner process asks for, until it has ended."""
        while True:
            wait = self._programs.start_due()
            for ready in _readable({self._inside.fileno(): lambda: None, **self._programs.files()}, wait):
                if ready is not None:
                    ready()
            try:
                message = self._inside.recv(_LONGEST_MESSAGE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError:
                message = b""
            if not message:
                self._programs.end_all()
                return
            self._programs.keep(**json.loads(message))


class Inside:
    """The inner process, in the network's namespace."""

    def __init__(self, listening: socket.socket, outside: socket.socket) -> None:
        self._listening = listening
        self._outside = outside
        self._server: socket.socket | None = None
        self._heard = b""
        self._programs = Programs(self._tell)
        self._knocker: Knocker | None = None
        self._listeners: dict[tuple[str, int], socket.socket] = {}
        self._links = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._links.bind((0, _RTMGRP_LINK))
        self._ended = self._was_served = False
        self._began = time.monotonic()

    def run(self) -> None:
        """Serve until neither a server nor a guest is there."""
        while not self._ended and (self._server is not None or self._is_new() or _guests()):
            files: dict[int, Callable[[], None]] = {
                self._listening.fileno(): self._accept,
                self._outside.fileno(): self._hear_outside,
                self._links.fileno(): self._drop_news,
                **self._programs.files(),
            }
            if self._server is not None:
                files[self._server.fileno()] = self._hear_server
            waits = [wait for wait in (self._programs.start_due(), _LOOK_AT_LOG_EVERY) if wait is not None]
            for ready in _readable(files, min(waits)):
                ready()
            _keep_log_small()
        self._programs.end_all()

    def _is_new(self) -> bool:
        """Whether the server that began us may still come."""
        return not self._was_served and time.monotonic() < self._began + _NEW_FOR

    def _accept(self) -> None:
        connected, _ = self._listening.accept()
        if self._server is not None:
            self._server.close()
        self._server, self._heard, self._was_served = connected, b"", True

    def _hear_outside(self) -> None:
        message = self._outside.recv(_LONGEST_MESSAGE)
        if message:
            self._tell(json.loads(message))
        else:
            self._ended = True

    def _drop_news(self) -> None:
        """An interface came or went: that was what we waited for."""
        try:
            self._links.recv(_CHUNK, socket.MSG_DONTWAIT)
        except OSError as failure:
            if failure.errno not in (errno.EAGAIN, errno.ENOBUFS):
                raise

    def _hear_server(self) -> None:
        if self._server is None:  # it was let go since we saw it readable
            return
        try:
            chunk = self._server.recv(_CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        self._heard += chunk
        if not chunk or len(self._heard) > LONGEST_LINE:
            self._server.close()
            self._server = None
            return
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            answer, files = self._answer(json.loads(line))
            self._tell(answer, files)
            for file in files:
                os.close(file)

    def _tell(self, message: Mapping[str, object], files: list[int] | None = None) -> None:
        """Tell the server, if there is one; one that does not read for long is let go."""
        if self._server is None:
            return
        rest = memoryview(json.dumps(message).encode() + b"\n")
        handed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
        self._server.settimeout(_APPLIED_WITHIN)
        try:
            while rest:
                rest = rest[self._server.sendmsg([rest], handed) :]
                handed = []
        except OSError:
            self._server.close()
            self._server = None

    def _answer(self, request: dict[str, Any]) -> Answer:
        """Do what is asked for. Whatever fails becomes an answer: the server is to hear of it."""
        try:
            return getattr(self, f"_do_{request.pop('do')}")(**request)  # type: ignore[no-any-return]
        except subprocess.CalledProcessError as failure:
            return {"failed": f"{failure.cmd[0]}: {(failure.stderr or '').strip()[-_SAID:]}"}, []
        except subprocess.TimeoutExpired as failure:
            return {"failed": f"{failure.cmd[0]} did not end in {_APPLIED_WITHIN:.0f} s"}, []
        except (OSError, ValueError, TypeError, AttributeError) as failure:
            return {"failed": str(failure)}, []

    def _do_hello(self) -> Answer:
        """Who keeps this network, with a file of its namespace."""
        return {"pid": os.getpid()}, [os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)]

    def _do_taps(self) -> Answer:
        """The names of the guests' taps, and of links to other networks, that there are."""
        return {"names": _guests(), "links": _named(LINKS)}, []

    def _do_link(self, name: str, peer: str, pid: int) -> Answer:
        """A link with the network of another keeper (its inner process) of one user namespace, if there is none."""
        if name not in _named(LINKS):
            _run(["ip", "link", "add", name, "type", "veth", "peer", "name", peer, "netns", str(pid)], "")
        return {}, []

    def _do_unlink(self, name: str) -> Answer:
        """There is no such link any more, at either end."""
        if name in _named(LINKS):
            _run(["ip", "link", "del", name], "")
        return {}, []

    def _do_tap(self, name: str) -> Answer:
        """A tap for a guest, which goes with its last open file."""
        return {}, [namespaces.open_tap(name)]

    def _do_way_out(self) -> Answer:
        """The tap of the way out, which stays when the program at its other end does not."""
        if WAY_OUT not in (name for _, name in socket.if_nameindex()):
            os.close(namespaces.open_tap(WAY_OUT, lasting=True, with_offload=False))
        return {}, []

    def _do_listen(self, address: str, port: int, backlog: int) -> Answer:
        """A TCP socket that listens in the network: the same each time, so that who connects while there is no server
        waits for the next one."""
        if (listening := self._listeners.get((address, port))) is None:
            listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            try:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                # A server may still have the socket of the keeper before us.
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                listening.bind((address, port))
                listening.listen(backlog)
            except OSError:
                listening.close()
                raise
            self._listeners[address, port] = listening
        return {}, [os.dup(listening.fileno())]

    def _do_apply(self, settings: Mapping[str, str], ip: str, nft: list[str]) -> Answer:
        """Run a batch of `ip`, set the kernel's settings, load batches of nft: in this order.

        What `ip` refuses, and what a kernel may refuse a namespace, does not keep it from the rest: it is told.
        """
        said = ""
        if ip:
            said = _run(["ip", "-force", "-batch", "-"], ip, check=False)
        for path, value in settings.items():
            target = (_SYSCTL / path).resolve()
            if _SYSCTL / "net" not in target.parents:
                raise ValueError(f"{path} is no setting of a network")
            try:
                target.write_text(value)
            except OSError as refusal:
                if path not in _IF_IT_CAN:
                    raise
                said += f"{path}: {refusal}\n"
        for batch in nft:
            _run(["nft", "-f", "-"], batch)
        return {"said": said[-_SAID:]}, []

    def _do_knock(self, doors: list[tuple[str, int]]) -> Answer:
        """Ask whether something listens there; gives what was answered since the last time."""
        if self._knocker is None:
            self._knocker = Knocker()
        heard = self._knocker.answers()
        self._knocker.knock([(address, port) for address, port in doors])
        return {"answers": [[address, port, listens] for (address, port), listens in heard.items()]}, []

    def _do_keep(self, name: str, argv: list[str], outside: bool) -> Answer:
        """See `Programs.keep`; of what is kept outside it is not said whether it ran."""
        if outside:
            _send(self._outside, {"name": name, "argv": argv})
            return {}, []
        return {"began": self._programs.keep(name, argv)}, []

    def _do_signal(self, name: str, number: int) -> Answer:
        """See `Programs.signal`; of the programs inside."""
        self._programs.signal(name, number)
        return {}, []

    def _do_end(self) -> Answer:
        """End at once, whoever still has a tap."""
        self._ended = True
        return {}, []


def _keep_log_small() -> None:
    """What our programs say is kept at this file, and a guest can have them say much."""
    if os.fstat(sys.stderr.fileno()).st_size > _LARGEST_LOG:
        os.ftruncate(sys.stderr.fileno(), 0)


def _guests() -> list[str]:
    """The guests' taps that there are."""
    return _named(TAPS)


def _named(beginning: str) -> list[str]:
    return [name for _, name in socket.if_nameindex() if name.startswith(beginning)]


def _readable(files: Mapping[int, Callable[[], None]], seconds: float | None) -> list[Callable[[], None]]:
    """What is to be called, once at least one of the files is readable or so many seconds have passed."""
    with selectors.PollSelector() as selector:
        for file, ready in files.items():
            selector.register(file, selectors.EVENT_READ, ready)
        return [key.data for key, _ in selector.select(seconds)]


def _run(argv: list[str], text: str, *, check: bool = True) -> str:
    """Run a program on this text; gives what it complained of."""
    ended = subprocess.run(
        argv, input=text, capture_output=True, text=True, check=check, timeout=_APPLIED_WITHIN, env=_ENVIRONMENT
    )
    return ended.stderr


def _send(to: socket.socket, message: Mapping[str, object]) -> None:
    to.send(json.dumps(message).encode())


_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}

if __name__ == "__main__":
    main()
