"""Which ports of this host reach which ports of an instance, decided from its security groups' rules. Pure.

In the network mode `user` an instance's public address is a loopback address of this host (127.x.y.z), so every client
is this host, and comes from 127.0.0.1 as far as a rule is concerned. A rule therefore opens something only if

* it is an ingress rule of TCP, UDP or all protocols, and
* its source is an IPv4 block that 127.0.0.1 lies in, such as 0.0.0.0/0. Another block, an IPv6 block or a security
  group (instances do not share a network in this mode) opens nothing; a prefix list is as many rules as it has blocks
  (`store.security_groups.ingress_by_block`).

A rule of up to 32 ports opens all of them. Forwards are sockets, so a wider one opens a part: the well-known service
ports in it (`WELL_KNOWN`), then its first ports from 1024 on, as long as the instance has not more than 32 in all.

A guest's port that may be bound on this host (`lowest_port` and above) is reached at the same port. A lower one is
reached at `lowest_port` + port: 22 at 1046 where 1024 is the lowest; if a guest port is reached there directly, at the
next free port above it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from kumoniwa.model.security_groups import SecurityGroupRule

WELL_KNOWN = {
    "tcp": (22, 80, 443, 8080, 8443, 8000, 3389, 3306, 5432, 6379, 9090, 3000, 5000, 9000, 9200, 27017, 5985, 5986),
    "udp": (53, 123, 500, 1194, 4500, 51820),
}
"""The services that a very wide rule opens, by protocol, those first that matter most."""
NARROW = 32  # a rule of at most this many ports is opened whole
MOST = 32  # wide rules fill up to this many forwards of one instance
MOST_OF_NARROW = 256  # what narrow rules together may open, so that many of them do not use up the host's sockets

_CLIENT = IPv4Address("127.0.0.1")
_LAST_PORT = 65535
_FIRST_FREE_PORT = 1024  # below it are ports of services, of which the well-known ones are named above
_ICMP = ("icmp", "1")
_ECHO = (-1, 8)  # all types, or requests for an echo
_PROTOCOLS = {"tcp": ("tcp",), "6": ("tcp",), "udp": ("udp",), "17": ("udp",), "-1": ("tcp", "udp")}

PortRange = tuple[str, int, int]
"""A protocol, `tcp` or `udp`, with a first and a last port."""


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """A port of the instance's public address that reaches a port of its guest."""

    protocol: str
    guest_port: int
    host_port: int


def openings(rules: Iterable[SecurityGroupRule], *, lowest_port: int) -> tuple[Opening, ...]:
    """What these rules of one instance's groups open, in order of protocol and guest port.

    `lowest_port` is the lowest that may be bound on this host. The answer depends on nothing else.
    """
    opened = _ports(admitted(rules))
    return tuple(
        Opening(protocol, guest_port, host_port)
        for protocol in sorted(WELL_KNOWN)
        for guest_port, host_port in _at_host({port for name, port in opened if name == protocol}, lowest_port)
    )


def admitted(rules: Iterable[SecurityGroupRule]) -> list[PortRange]:
    """The ports of the instance that these rules admit to this host's clients, sorted; of these, `openings` opens."""
    return sorted({one for rule in rules if _admits_this_host(rule) for one in _ranges(rule)})


def admits_echo(rules: Iterable[SecurityGroupRule]) -> bool:
    """Whether this host's clients may ping the instance."""
    return any(
        _admits_this_host(rule)
        and (rule.protocol == "-1" or (rule.protocol in _ICMP and rule.from_port in _ECHO and rule.to_port in (-1, 0)))
        for rule in rules
    )


def _admits_this_host(rule: SecurityGroupRule) -> bool:
    return not rule.egress and rule.cidr_ipv4 is not None and _CLIENT in IPv4Network(rule.cidr_ipv4, strict=False)


def _ranges(rule: SecurityGroupRule) -> Iterator[PortRange]:
    for protocol in _PROTOCOLS.get(rule.protocol, ()):
        if rule.protocol == "-1" or rule.from_port == -1:
            yield protocol, 1, _LAST_PORT
        else:
            yield protocol, max(1, rule.from_port), rule.to_port


def _ports(ranges: Iterable[PortRange]) -> set[tuple[str, int]]:
    """The guest's ports to open, by protocol."""
    opened: set[tuple[str, int]] = set()
    wide = []
    for protocol, first, last in ranges:
        if last - first < NARROW:
            opened.update((protocol, port) for port in range(first, last + 1) if len(opened) < MOST_OF_NARROW)
        else:
            wide.append((protocol, first, last))
    for wanted in (_well_known, _first):
        for one in wide:
            for port in wanted(*one):
                if len(opened) >= MOST:
                    return opened
                opened.add((one[0], port))
    return opened


def _well_known(protocol: str, first: int, last: int) -> Iterator[int]:
    return (port for port in WELL_KNOWN[protocol] if first <= port <= last)


def _first(_protocol: str, first: int, last: int) -> Iterator[int]:
    return iter(range(max(first, _FIRST_FREE_PORT), last + 1))


def _at_host(ports: set[int], lowest_port: int) -> list[tuple[int, int]]:
    """Each guest port with its port on this host. One for which the host has none left is left out."""
    direct = {port for port in ports if port >= lowest_port}
    taken = set(direct)
    found = [(port, port) for port in direct]
    for port in sorted(ports - direct):
        place = lowest_port + port
        while place in taken:
            place += 1
        if place <= _LAST_PORT:
            taken.add(place)
            found.append((port, place))
    return sorted(found)
