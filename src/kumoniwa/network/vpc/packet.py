"""A packet as what carries it sees it."""

from ipaddress import IPv4Address

from kumoniwa.network.vpc.plan import ICMP, PORTED, Traffic
from kumoniwa.values import dataclass

ECHO_REQUEST, ECHO_REPLY = 8, 0
_ANSWERED_BY = {ECHO_REQUEST: ECHO_REPLY, 13: 14, 15: 16, 17: 18}
"""ICMP's requests, and the types of their replies."""
_PROTOCOL_NAMES = {1: "ICMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP", 51: "AH", 132: "SCTP"}


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of IPv4. TCP and UDP have ports, ICMP a type and a code; the others have neither."""

    source: IPv4Address
    destination: IPv4Address
    protocol: int
    source_port: int = 0
    destination_port: int = 0
    icmp_type: int = 0
    icmp_code: int = 0

    def __str__(self) -> str:
        name = _PROTOCOL_NAMES.get(self.protocol, f"protocol {self.protocol}")
        if self.protocol in PORTED:
            return f"{name} port {self.destination_port}"
        return f"{name} type {self.icmp_type}, code {self.icmp_code}" if self.protocol == ICMP else name

    @property
    def opens_a_flow(self) -> bool:
        """Whether its replies are known as such: of ICMP only requests have any."""
        return self.protocol != ICMP or self.icmp_type in _ANSWERED_BY

    def reply(self) -> "Packet":
        """What is sent back. Only for one that opens a flow."""
        return Packet(
            self.destination,
            self.source,
            self.protocol,
            self.destination_port,
            self.source_port,
            _ANSWERED_BY[self.icmp_type] if self.protocol == ICMP else 0,
            0,
        )


def matches(traffic: Traffic, packet: Packet) -> bool:
    """Whether a rule or an entry for this traffic is about the packet, as far as protocol, ports and ICMP types go."""
    if traffic.protocol is None:
        return True
    if traffic.protocol != packet.protocol:
        return False
    if packet.protocol in PORTED:
        first, last = traffic.first, traffic.last
        return first is None or last is None or first <= packet.destination_port <= last
    if packet.protocol == ICMP:
        return traffic.first in (None, packet.icmp_type) and traffic.last in (None, packet.icmp_code)
    return True
