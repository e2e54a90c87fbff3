"""The network of a guest that is alone: a program of one thread, between QEMU and the host's own sockets.

QEMU listens at a socket in the guest's folder, where this runs, and speaks Ethernet there. The program ends with QEMU.
It goes on without a server: that connects at the listening socket which the program was given, and says which ports of
the host are to lead to the guest, in lines of JSON (`lone_link.py` is the other end). A port of TCP is open while the
guest listens there, and only then, and silent while a guest that is there says nothing. The guest is asked by the first
segment of a handshake.
"""

import contextlib
import json
import os
import resource
import select
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from kumoniwa.network.doors import Door, Doors
from kumoniwa.network.host import own_addresses
from kumoniwa.network.silent_ports import SilentPorts
from kumoniwa.network.user.host.frames import METADATA_PORT, MTU, Edge
from kumoniwa.network.user.host.libslirp import Slirp
from kumoniwa.network.user.host.lone_port import LonePort
from kumoniwa.network.user.host.metadata_relay import MetadataRelay
from kumoniwa.network.user.host.seccomp import forbid_programs
from kumoniwa.sockets import why_not

GUEST_SOCKET = "net.sock"
METADATA_SOCKET = "imds.sock"
_OWN_METADATA_SOCKET = "imds-inside.sock"
_MOST_FILES = 4096  # a guest opens one for each connection that it makes
_OUR_FILES = 256  # of these, that are left for us, whatever the guest does
_MOST_MEMORY = 1536 * 1024 * 1024  # bytes; beyond it the process ends, and the server starts it again
_RESTS_FOR = 0.5  # seconds without accepting, when no more files may be opened
_LARGEST_LOG = 1024 * 1024  # bytes
_LOOK_AT_LOG_EVERY = 10.0  # seconds
_CHUNK = 256 * 1024
_LONGEST_FRAME = 65536 + 18  # bytes
_MOST_WAITING = 4 * 1024 * 1024  # bytes for a guest that does not read: what comes beyond is lost, as on a wire
_LONGEST_LINE = 1024 * 1024  # bytes of a request
_ANSWERED_WITHIN = 5.0  # seconds for a server to read


def main() -> None:
    """`lone_network LISTENING MAC SUBNET ADDRESS`: the listening socket's file, and the guest's interface."""
    listening, mac, subnet, address = int(sys.argv[1]), sys.argv[2], IPv4Network(sys.argv[3]), IPv4Address(sys.argv[4])
    _limit(resource.RLIMIT_NOFILE, _MOST_FILES)
    _limit(resource.RLIMIT_DATA, _MOST_MEMORY)
    _limit(resource.RLIMIT_CORE, 0)
    edge = Edge(bytes.fromhex(mac.replace(":", "")), subnet, own_addresses())
    guest = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    guest.connect(GUEST_SOCKET)
    network = LoneNetwork(socket.socket(fileno=listening), guest, edge, address)
    forbid_programs()
    network.run()
    os._exit(0)  # its ports are closed at once, and not when an interpreter has tidied up


def _limit(what: int, most: int) -> None:
    """Let this process have no more of it from now on."""
    _, allowed = resource.getrlimit(what)
    most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
    resource.setrlimit(what, (most, most))


class Frames:
    """Ethernet over a stream, as QEMU speaks it: each frame after its length."""

    def __init__(self, stream: socket.socket) -> None:
        stream.setblocking(False)
        self._stream = stream
        self._heard = b""
        self._waiting = bytearray()

    def fileno(self) -> int:
        """The stream's file."""
        return self._stream.fileno()

    @property
    def is_full(self) -> bool:
        """Whether frames wait that the other end has not read."""
        return bool(self._waiting)

    def send(self, frame: bytes) -> None:
        """Send a frame, or lose it where too much waits already."""
        if len(self._waiting) <= _MOST_WAITING:
            self._waiting += len(frame).to_bytes(4, "big") + frame
            self.flush()

    def flush(self) -> None:
        """Send what waits, as far as it is taken. Raises `OSError` where the other end has gone."""
        while self._waiting:
            try:
                sent = self._stream.send(self._waiting)
            except BlockingIOError:
                return
            del self._waiting[:sent]

    def received(self) -> list[bytes] | None:
        """The frames that have come; None where the other end has gone, or speaks of frames that there are not."""
        try:
            chunk = self._stream.recv(_CHUNK)
        except BlockingIOError:
            return []
        if not chunk:
            return None
        heard, at, frames = self._heard + chunk, 0, []
        while len(heard) - at >= 4:
            length = int.from_bytes(heard[at : at + 4], "big")
            if length > _LONGEST_FRAME:
                return None
            if len(heard) - at - 4 < length:
                break
            frames.append(heard[at + 4 : at + 4 + length])
            at += 4 + length
        self._heard = heard[at:]
        return frames


class LoneNetwork:
    """See above."""

    def __init__(self, listening: socket.socket, guest: socket.socket, edge: Edge, address: IPv4Address) -> None:
        self._listening = listening
        self._frames = Frames(guest)
        self._edge = edge
        self._slirp = Slirp(edge.subnet, edge.router, edge.resolver, address, MTU, self._for_guest)
        self._metadata = MetadataRelay(Path(_OWN_METADATA_SOCKET), Path(METADATA_SOCKET))
        self._slirp.lead_to_socket(edge.services, METADATA_PORT, _OWN_METADATA_SOCKET)
        self._most_files, self._allowed_files = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._rests_until = 0.0
        self._server: socket.socket | None = None
        self._heard = b""
        self._wanted: frozenset[LonePort] = frozenset()
        self._open: set[LonePort] = set()
        self._doors, self._silent = Doors(), SilentPorts()
        self._asked: list[Door] = []
        self._doors_wanted: frozenset[Door] = frozenset()
        self._answers: dict[Door, bool] = {}
        self._knock_at = self._look_at_log_at = 0.0
        self._lacks_ports = False

    def run(self) -> None:
        """Carry packets until QEMU has ended."""
        while self._turn():
            pass

    def _turn(self) -> bool:
        poller, now = select.poll(), time.monotonic()
        rests = now < self._rests_until
        wait = self._slirp.fill(poller, rests=rests)
        poller.register(self._frames, select.POLLIN | (select.POLLOUT if self._frames.is_full else 0))
        if not rests:
            poller.register(self._listening, select.POLLIN)
        if self._server is not None:
            poller.register(self._server, select.POLLIN)
        until_metadata = self._metadata.fill(poller)
        waits = [None if wait is None else wait / 1000, until_metadata]
        waits += [self._knock_at - now if self._wanted else None, self._rests_until - now if rests else None]
        patience = min((each for each in waits if each is not None), default=None)
        events = dict(poller.poll(None if patience is None else max(0, int(1000 * patience) + 1)))
        self._metadata.go_on(events)
        with self._files_for_the_guest():
            if self._frames.fileno() in events and not self._hear_guest():
                return False
            self._slirp.go_on(events)
            if not rests and not self._may_open_another():
                self._rests_until = time.monotonic() + _RESTS_FOR
        if self._listening.fileno() in events:
            self._accept()
        elif self._server is not None and self._server.fileno() in events:
            self._hear_server(self._server)
        now = time.monotonic()
        if self._wanted and now >= self._knock_at:
            self._knock()
        if now >= self._look_at_log_at:
            self._look_at_log_at = now + _LOOK_AT_LOG_EVERY
            _keep_log_small()
        return True

    @contextlib.contextmanager
    def _files_for_the_guest(self) -> Iterator[None]:
        """What the guest and its clients have us open in this block leaves some files for us."""
        most, ours = self._most_files, min(_OUR_FILES, self._most_files // 4)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most - ours, self._allowed_files))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, self._allowed_files))

    def _may_open_another(self) -> bool:
        """Where not, those who connect are to wait for a while: libslirp leaves them in their queue, which would have
        us turn without a pause."""
        try:
            os.close(os.dup(self._frames.fileno()))
        except OSError:
            return False
        return True

    def _hear_guest(self) -> bool:
        """Take the frames that have come. False: the guest has gone."""
        try:
            self._frames.flush()
            frames = self._frames.received()
        except OSError:
            return False
        for frame in frames or ():
            self._from_guest(frame)
        return frames is not None

    def _from_guest(self, frame: bytes) -> None:
        if (answer := self._edge.answer(frame)) is not None:
            door, listens, taken_back = answer
            if door in self._doors_wanted:
                self._answers[door] = listens
            if taken_back is not None:
                self._frames.send(taken_back)
        elif (reply := self._edge.reply(frame)) is not None:
            self._frames.send(reply)
        elif (outward := self._edge.outward(frame)) is not None:
            if (metadata := self._edge.asks_metadata(outward)) is None:
                self._slirp.input(outward)
                return
            port, begins = metadata
            if self._metadata.admits(port, begins=begins):
                self._slirp.input(outward)
                self._metadata.accept(port)

    def _for_guest(self, frame: bytes) -> None:
        self._frames.send(self._edge.inward(frame))

    def _knock(self) -> None:
        """Follow what the guest listens to, and ask again."""
        if self._doors.hear(self._asked, self._answers) or self._lacks_ports:
            self._ensure_open()
        self._answers.clear()
        self._asked = self._doors.turn(self._doors_wanted)
        for door in self._asked:
            self._frames.send(self._edge.knock(door))
        self._knock_at = time.monotonic() + self._doors.pause

    def _ensure_open(self) -> Mapping[LonePort, str]:
        """Have those ports open that are to be, and those silent at which the guest is; gives why others are not."""
        to_be_open = {port for port in self._wanted if port.protocol != "tcp" or self._doors.listens(port.door)}
        for port in self._open - to_be_open:
            self._slirp.close(port.protocol, port.host)
        self._open &= to_be_open
        silent = {port.host for port in self._wanted - to_be_open if self._doors.is_silent(port.door)}
        self._silent.keep(silent)
        refused = {}
        for port in sorted(to_be_open - self._open):
            try:
                self._slirp.open(port.protocol, port.host, port.guest)
            except OSError as refusal:
                refused[port] = why_not(port.protocol, *port.host) or str(refusal)
            else:
                self._open.add(port)
        all_silent = self._silent.ensure(sorted(silent))
        self._lacks_ports = bool(refused) or not all_silent  # whoever has them may end
        return refused

    def _accept(self) -> None:
        try:
            connected, _ = self._listening.accept()
        except OSError:  # no more files may be opened, or who connected has gone
            self._rests_until = time.monotonic() + _RESTS_FOR
            return
        connected.settimeout(_ANSWERED_WITHIN)
        if self._server is not None:
            self._server.close()
        self._server, self._heard = connected, b""

    def _hear_server(self, server: socket.socket) -> None:
        try:
            chunk = server.recv(_CHUNK)
            self._heard += chunk
            if not chunk or len(self._heard) > _LONGEST_LINE:
                raise ConnectionResetError
            *lines, self._heard = self._heard.split(b"\n")
            for line in lines:
                server.sendall(json.dumps(self._answer(json.loads(line))).encode() + b"\n")
        except OSError:
            server.close()
            self._server = None

    def _answer(self, request: dict[str, Any]) -> Mapping[str, object]:
        """Have exactly these ports lead to the guest. Gives the numbers of those that cannot, with the reasons."""
        asked = [LonePort.of(fields) for fields in request["wanted"]]
        self._wanted = frozenset(asked)
        self._doors_wanted = frozenset(port.door for port in asked if port.protocol == "tcp")
        self._answers.clear()
        self._edge.udp_ports = frozenset(port.guest_port for port in asked if port.protocol == "udp")
        if self._edge.udp_ports:
            self._slirp.input(self._edge.announcement())
        refused = dict(self._ensure_open())
        for port in self._wanted - self._open - refused.keys():
            if port.host not in self._silent and (why := why_not(port.protocol, *port.host)) is not None:
                refused[port] = why
        return {"refused": [[number, refused[port]] for number, port in enumerate(asked) if port in refused]}


def _keep_log_small() -> None:
    """libslirp complains here of whatever a guest makes it fail at."""
    if os.fstat(sys.stderr.fileno()).st_size > _LARGEST_LOG:
        os.ftruncate(sys.stderr.fileno(), 0)


if __name__ == "__main__":
    main()
