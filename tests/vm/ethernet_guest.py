"""A guest without a machine: it speaks Ethernet at the socket where QEMU would, with as much of TCP as a test needs."""

import contextlib
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path

from waiting import eventually

from kumoniwa import sockets
from kumoniwa.network.handshakes import checksum
from kumoniwa.network.user.host.lone_network import GUEST_SOCKET

MAC = bytes.fromhex("06123456789a")
HELLO = b"hello"
_SYN, _RST, _PSH, _ACK = 0x02, 0x04, 0x08, 0x10
_ARP_ASKS, _ARP_ANSWERS = b"\x00\x01\x08\x00\x06\x04\x00\x01", b"\x00\x02"
_ARP, _IPV4 = b"\x08\x06", b"\x08\x00"
_TCP, _UDP = 6, 17
_MORE = 0x2000
_ROUTER_MAC = b"\x52\x55"  # and its address


class EthernetGuest:
    """It has one address. `listening` are the ports of TCP at which it says hello, `silent` those at which it says
    nothing; it resets what comes to others."""

    def __init__(self, folder: Path, address: str, router: str) -> None:
        self.address, self._router = IPv4Address(address), IPv4Address(router)
        self.listening: set[int] = set()
        self.silent: set[int] = set()
        self.knocks: dict[int, list[int]] = defaultdict(list)
        """By port, the flags of what came from the port of those who only ask."""
        self._own_port = 40000  # of the connections that it opens
        self._found: bytes | None = None
        self._answers: dict[tuple[IPv4Address, int], int] = {}
        self._listening = sockets.listen(folder / GUEST_SOCKET)
        self._listening.setblocking(True)
        self._stream: socket.socket | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def connect(self, *places: tuple[str, int]) -> set[tuple[str, int]]:
        """Open connections there, one after another; gives those that were accepted once the last one is."""
        wanted = [(IPv4Address(address), port) for address, port in places]
        self._answers.clear()
        self._own_port += 1
        eventually(lambda: self._stream, within=20)
        for address, port in wanted:
            self._send_segment(address, port, self._own_port, _SYN, 100, 0)
        eventually(lambda: self._answers.get(wanted[-1]), within=20)
        return {(str(address), port) for (address, port), flags in list(self._answers.items()) if flags & _SYN}

    def find(self, address: str) -> bytes:
        """The MAC of the neighbour that has this address: then all that was sent before has been heard."""
        self._found = None
        eventually(lambda: self._stream, within=20)
        asks = _ARP_ASKS + MAC + self.address.packed + bytes(6) + IPv4Address(address).packed
        self._send(b"\xff" * 6 + MAC + _ARP + asks)
        return eventually(lambda: self._found, within=20)

    def begin_handshakes(self, place: tuple[str, int], ports: Iterable[int]) -> None:
        """Ask for a connection from each of these ports of its own, and hear no answer."""
        eventually(lambda: self._stream, within=20)
        for own in ports:
            self._send_segment(IPv4Address(place[0]), place[1], own, _SYN, 100, 0)

    def send_beginnings(self, address: str, count: int) -> None:
        """Send the first fragments of so many datagrams."""
        eventually(lambda: self._stream, within=20)
        for number in range(count):
            self._send_packet(IPv4Address(address), _UDP, bytes(1024), number=number, fragment=_MORE)

    def send_datagrams(self, *places: tuple[str, int], ports: Iterable[int] = (40000,)) -> None:
        """Send a datagram there, from each of these ports of its own."""
        for own in ports:
            for address, port in places:
                header = struct.pack("!HHHH", own, port, 8 + len(HELLO), 0)
                self._send_packet(IPv4Address(address), _UDP, header + HELLO)

    def end(self) -> None:
        """As when its QEMU ends."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        if self._stream is not None:
            with contextlib.suppress(OSError):  # its other end has gone before
                self._stream.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()
        self._listening.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._stream, _ = self._listening.accept()
                with self._stream:
                    if self._ended.is_set():  # `end` may not have seen it
                        return
                    while (length := self._exactly(4)) and (frame := self._exactly(int.from_bytes(length, "big"))):
                        self._hear(frame)
            except OSError:
                continue

    def _exactly(self, length: int) -> bytes:
        assert self._stream is not None
        found = b""
        while len(found) < length:
            if not (chunk := self._stream.recv(length - len(found))):
                return b""
            found += chunk
        return found

    def _hear(self, frame: bytes) -> None:
        if frame[12:14] == _ARP and frame[20:22] == _ARP_ANSWERS:
            self._found = frame[22:28]
        elif frame[12:14] == _ARP and frame[38:42] == self.address.packed:
            own = MAC + self.address.packed
            self._send(frame[6:12] + MAC + _ARP + frame[14:20] + b"\x00\x02" + own + frame[22:32])
        elif frame[12:14] == _IPV4 and frame[23] == _TCP:
            self._hear_segment(IPv4Address(frame[26:30]), frame[14 + (frame[14] & 0xF) * 4 :])

    def _hear_segment(self, source: IPv4Address, segment: bytes) -> None:
        from_port, port, number, acknowledged = struct.unpack("!HHII", segment[:12])
        flags = segment[13]
        if port in self.silent:
            return
        if from_port == 9:
            self.knocks[port].append(flags)
        if flags & (_SYN | _RST) and flags & (_ACK | _RST) and port == self._own_port:
            self._answers[source, from_port] = flags
            if flags & _SYN:
                self._send_segment(source, from_port, port, _ACK, acknowledged, number + 1)
        elif flags & _SYN and port in self.listening:
            self._send_segment(source, from_port, port, _SYN | _ACK, 500, number + 1)
        elif flags & _SYN:
            self._send_segment(source, from_port, port, _RST | _ACK, 0, number + 1)
        elif flags & _ACK and acknowledged == 501:
            self._send_segment(source, from_port, port, _PSH | _ACK, 501, number, HELLO)

    def _send_segment(
        self, there: IPv4Address, to_port: int, port: int, flags: int, number: int, acknowledged: int, data: bytes = b""
    ) -> None:
        segment = struct.pack("!HHIIBBHHH", port, to_port, number, acknowledged, 5 << 4, flags, 64000, 0, 0) + data
        ends = self.address.packed + there.packed
        even = data if len(data) % 2 == 0 else data + b"\0"
        pseudo = ends + struct.pack("!BBH", 0, _TCP, len(segment))
        sum_of_it = checksum(pseudo + segment[:20] + even)
        self._send_packet(there, _TCP, segment[:16] + struct.pack("!H", sum_of_it) + segment[18:])

    def _send_packet(
        self, there: IPv4Address, protocol: int, body: bytes, *, number: int = 0, fragment: int = 0
    ) -> None:
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), number, fragment, 64, protocol, 0)
        header += self.address.packed + there.packed
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        self._send(_ROUTER_MAC + self._router.packed + MAC + _IPV4 + header + body)

    def _send(self, frame: bytes) -> None:
        assert self._stream is not None, "nobody carries its packets"
        self._stream.sendall(len(frame).to_bytes(4, "big") + frame)
