"""Packets as frames of Ethernet, and back."""

import struct
from ipaddress import IPv4Address

from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import ICMP, TCP, UDP

_IPV4 = b"\x08\x00"
_SYN, _SYN_ACK = 0x02, 0x12
_GRE = 47


def frame(packet: Packet, *, source: bytes, destination: bytes, replies: bool = False, data: bytes = b"ping") -> bytes:
    """A packet from one MAC address to another: of TCP the first one of a connection, or the reply to that; of UDP one
    with this data."""
    payload = _payload(packet, data, replies=replies)
    addresses = packet.source.packed + packet.destination.packed
    if packet.protocol in (TCP, UDP):
        at = 16 if packet.protocol == TCP else 6
        pseudo = addresses + struct.pack("!BBH", 0, packet.protocol, len(payload))
        payload = payload[:at] + _checksum(pseudo + payload) + payload[at + 2 :]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, packet.protocol, 0) + addresses
    header = header[:10] + _checksum(header) + header[12:]
    return destination + source + _IPV4 + header + payload


def packet_in(frame: bytes) -> Packet:
    """The packet in a frame of IPv4 that has no options."""
    protocol = frame[23]
    source, destination = IPv4Address(frame[26:30]), IPv4Address(frame[30:34])
    first, second = struct.unpack("!HH", frame[34:38])
    if protocol in (TCP, UDP):
        return Packet(source, destination, protocol, source_port=first, destination_port=second)
    if protocol == ICMP:
        return Packet(source, destination, protocol, icmp_type=frame[34], icmp_code=frame[35])
    return Packet(source, destination, protocol)


def udp_in(frame: bytes) -> bytes:
    """The data of the datagram in a frame of IPv4 that has no options."""
    return frame[42 : 34 + struct.unpack_from("!H", frame, 38)[0]]


def _payload(packet: Packet, data: bytes, *, replies: bool) -> bytes:
    ports = struct.pack("!HH", packet.source_port, packet.destination_port)
    if packet.protocol == TCP:
        numbers = struct.pack("!II", 2000, 1001) if replies else struct.pack("!II", 1000, 0)
        return ports + numbers + struct.pack("!BBHHH", 5 << 4, _SYN_ACK if replies else _SYN, 64240, 0, 0)
    if packet.protocol == UDP:
        return ports + struct.pack("!HH", 8 + len(data), 0) + data
    if packet.protocol == ICMP:
        body = struct.pack("!BBHHH", packet.icmp_type, packet.icmp_code, 0, 7, 1) + bytes(16)
        return body[:2] + _checksum(body) + body[4:]
    return struct.pack("!HH", 0, 0x0800) + bytes(8) if packet.protocol == _GRE else bytes(12)


def _checksum(data: bytes) -> bytes:
    if len(data) % 2:
        data += b"\x00"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


def arp_request(*, source: bytes, sender: IPv4Address, target: IPv4Address) -> bytes:
    """A frame that asks everybody who has an address."""
    asked = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + source + sender.packed + bytes(6) + target.packed
    return bytes([255] * 6) + source + b"\x08\x06" + asked


def fragments(packet: Packet, *, source: bytes, destination: bytes, data: bytes, number: int) -> list[bytes]:
    """A datagram in two frames, which this number says to belong together. The first has its ports and no more."""
    whole = frame(packet, source=source, destination=destination, data=data)
    ethernet, header, payload = whole[:14], whole[14:34], whole[34:]
    parts = []
    for offset, part, more in ((0, payload[:8], 0x2000), (1, payload[8:], 0)):
        new = (
            header[:2]
            + struct.pack("!HHH", 20 + len(part), number, more | offset)
            + header[8:10]
            + bytes(2)
            + header[12:]
        )
        parts.append(ethernet + new[:10] + _checksum(new) + new[12:] + part)
    return parts
