"""Traffic from blocks, cut so that nothing overlaps: the kernel's sets of ranges take no element that meets another.

A range stands for a protocol (0-255), for a port of a protocol (protocol * 65536 + port), or for an ICMP code of a type
(type * 256 + code). No range reaches from one protocol or type into the next.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, collapse_addresses
from itertools import pairwise

from kumoniwa.network.vpc.plan import ICMP, LAST_PORT, PORTED, Traffic
from kumoniwa.values import dataclass

_PORTS = LAST_PORT + 1
_CODES = 256
_LAST_PROTOCOL = 255

Span = tuple[int, int]
Element = tuple[tuple[IPv4Network, ...], str]
"""Blocks, and what of each: as nft writes what comes after an address in an element."""


@dataclass(frozen=True, slots=True)
class Disjoint:
    """The same traffic in the three sets that it takes: by protocol, by port, by ICMP type and code."""

    protocols: tuple[Element, ...]
    ports: tuple[Element, ...]
    icmp: tuple[Element, ...]


def disjoint(admitted: Iterable[tuple[Traffic, Sequence[IPv4Network]]]) -> Disjoint:
    """What all of these together admit."""
    protocols: list[tuple[Span, Sequence[IPv4Network]]] = []
    ports: list[tuple[Span, Sequence[IPv4Network]]] = []
    icmp: list[tuple[Span, Sequence[IPv4Network]]] = []
    for traffic, blocks in admitted:
        if not blocks:
            continue
        protocol = traffic.protocol
        if protocol is None:
            protocols.append(((0, _LAST_PROTOCOL), blocks))
        elif protocol in PORTED and traffic.first is not None and traffic.last is not None:
            ports.append(((protocol * _PORTS + traffic.first, protocol * _PORTS + traffic.last), blocks))
        elif protocol == ICMP and traffic.first is not None:
            low, high = (0, _CODES - 1) if traffic.last is None else (traffic.last, traffic.last)
            icmp.append(((traffic.first * _CODES + low, traffic.first * _CODES + high), blocks))
        else:
            protocols.append(((protocol, protocol), blocks))
    return Disjoint(
        tuple((blocks, _range(*span)) for span, blocks in _cut(protocols)),
        tuple((blocks, _within(span, _PORTS)) for span, blocks in _cut(ports)),
        tuple((blocks, _within(span, _CODES)) for span, blocks in _cut(icmp)),
    )


def _cut(spans: Sequence[tuple[Span, Sequence[IPv4Network]]]) -> list[tuple[Span, tuple[IPv4Network, ...]]]:
    """The spans, cut where any begins or ends, each with all blocks of those that cover it."""
    edges = sorted({edge for (first, last), _ in spans for edge in (first, last + 1)})
    cut: list[tuple[Span, tuple[IPv4Network, ...]]] = []
    for first, after in pairwise(edges):
        covering = [blocks for (low, high), blocks in spans if low <= first and after - 1 <= high]
        if covering:
            blocks = tuple(collapse_addresses(block for one in covering for block in one))
            cut.append(((first, after - 1), blocks))
    return cut


def _within(span: Span, width: int) -> str:
    first, last = span
    return f"{first // width} . {_range(first % width, last % width)}"


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
