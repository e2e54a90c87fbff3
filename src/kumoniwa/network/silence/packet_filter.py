"""The table of the host's packet filter that drops what is not admitted at a cloud's public addresses. Pure.

It looks at nothing but what arrives by the loopback device at one of these addresses: there, the first segment of a
handshake, datagrams and pings pass where they are admitted, other packets of TCP and ICMP pass, and the rest is
dropped. What passes here is still for the host's other tables to judge.
"""

from kumoniwa.network.silence.admitted import Admitted, ByAddress
from kumoniwa.network.vpc.nft_objects import Chain, Objects, Set

_ARRIVING = Chain(
    ('iifname "lo" ip daddr @addresses goto public',), "type filter hook input priority filter - 10; policy accept;"
)
_PUBLIC = Chain(
    (
        "tcp flags & (syn | ack) != syn accept",
        "ip daddr . meta l4proto . th dport @admitted accept",
        "icmp type != echo-request accept",
        "icmp type echo-request ip daddr @echoing accept",
        "drop",
    )
)


def objects(table: str, admitted: ByAddress) -> Objects:
    """What the table of this name (`ip …`) has."""
    ports = {element: "" for address, one in admitted.items() if one is not None for element in _ports(address, one)}
    echoing = {address: "" for address, one in admitted.items() if one is not None and one.echo}
    return [  # the addresses last: what is large is made in parts, and nothing is to be dropped before all is there
        (f"{table} admitted", Set("ipv4_addr . inet_proto . inet_service", "flags interval;", ports)),
        (f"{table} echoing", Set("ipv4_addr", "", echoing)),
        (f"{table} addresses", Set("ipv4_addr", "", dict.fromkeys(admitted, ""))),
        (f"{table} public", _PUBLIC),
        (f"{table} arriving", _ARRIVING),
    ]


def _ports(address: str, admitted: Admitted) -> list[str]:
    return [
        f"{address} . {protocol} . {first if first == last else f'{first}-{last}'}"
        for protocol, first, last in admitted.ports
    ]
