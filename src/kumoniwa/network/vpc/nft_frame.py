"""What every VPC's ruleset has: the base chains, and the sets that interfaces, groups and gateways fill. Pure.

What a packet passes (`iifname` and `oifname` are taps, links of peering connections, or the way out):

    fragments   prerouting, before the kernel puts datagrams together: how many parts of them come from an interface
    antispoof   prerouting, before flows are tracked: sources that its interface may not use
    acl         forward: network ACLs, of both subnets and both ways; those of a NAT gateway's subnet in between
    forward     flows that exist; else the sender's groups, then where it may go on to, then the receiver's groups
    dstnat      what comes by the way out to a public address's stand-in (240.x.y.z): to its private address
    srcnat      what leaves by the way out: from the sender's stand-in, or the NAT gateway's
    input       what the VPC's own services are asked: DHCP, DNS, metadata, and nothing else of the namespace
    output      what processes in the namespace open to a guest: as if it came by the way out

A flow that exists is carried on where it was opened: its mark is the number of the device that opened it, and where its
reply would come to another one, the rules there are asked. By the way out it goes on while the public address leads to
the same private one, or the route to the same NAT gateway.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

from kumoniwa.network.doors import KNOCK_MARK
from kumoniwa.network.vpc.nft_objects import Chain, Objects, Set, inet
from kumoniwa.network.vpc.plan import METADATA, NO_SOURCE, NOT_INTERNET, RESOLVER, WAY_OUT

TABLES = ("inet vpc", "arp vpc")
"""Of the namespace: nothing else is changed in it."""
MOST_FLOWS = 10_000
"""Flows of one interface that are tracked at a time: the kernel's table is shared by all of a VPC."""
MOST_OUTWARD_FLOWS = 1000
"""Flows of one interface to the internet that are tracked at a time: the way out has 4,096 files for all of a VPC."""
MOST_DATAGRAM_FLOWS = 1000
"""Flows to the internet, of what is neither TCP nor DNS, that one interface can open at once; then four a second. The
way out keeps a file for each for 240 s (libslirp), long after it is tracked no more."""
FIRST_OUTWARD_PORT = 61_000
"""What leaves a public address by UDP leaves from here or above, by one port for each port of the guest. For libslirp
sends what comes from a port that is open on the host by the socket that is open there: on loopback, whence nothing
leaves."""
MOST_METADATA_FLOWS = 1000
"""Connections of one interface to the metadata service that are tracked at a time: for two minutes after they end."""
MOST_RESOLVER_FLOWS = 8
"""Connections of one interface to the resolver that are tracked at a time: dnsmasq serves 20 of a VPC at once, and
waits minutes for a silent one. Questions by UDP are not meant."""
MOST_ASKED = 1024
"""Packets a second of one interface to the VPC's services, as on EC2 (user guide, "Query limits of the resolver")."""
MOST_FRAGMENTS = 1024
"""Parts of datagrams a second of one interface. The kernel keeps those whose others have not come for 2 s, and no more
than 128 MiB of a VPC (`settings`): more than one interface can have there, 3,072 of at most 9,001 bytes."""


_OUT = f'"{WAY_OUT}"'
_TOO_OFTEN = f"limit rate over {MOST_ASKED}/second burst {MOST_ASKED} packets"
_TOO_MANY_DATAGRAMS = f"limit rate over 4/second burst {MOST_DATAGRAM_FLOWS} packets"
_TOO_MANY_FRAGMENTS = f"limit rate over {MOST_FRAGMENTS}/second burst {MOST_FRAGMENTS} packets"
_OUT_NUMBER = 1
FIRST_NUMBER = 2
"""Of a tap or a link: the way out has the one before."""


def frame(host: IPv4Address, transit: IPv4Network, resolver: IPv4Address, dns_support: bool) -> Objects:
    """The chains and sets of a VPC whose clients on this host have this address, in this block, and whose resolver is
    at this one."""
    resolvers = f"{{ {RESOLVER}, {resolver} }}"
    dns = (
        f"ip daddr {resolvers} udp dport 53 accept\nip daddr {resolvers} tcp dport 53 goto resolver"
        if dns_support
        else ""
    )
    return [
        *inet(_SETS),
        *inet([("nowhere", _blocks((*NO_SOURCE, transit))), ("not-internet", _blocks(NOT_INTERNET))]),
        *inet((name, _chain(*chain)) for name, chain in (_forwarding(host) | _TRANSLATING | _own(dns)).items()),
        ("arp vpc addresses", Set("ifname . ipv4_addr")),
        ("arp vpc input", _chain(*_ARP)),
    ]


def _chain(hook: str, rules: str) -> Chain:
    """A chain of the rules that a text has, one in each line."""
    return Chain(tuple(line.strip() for line in rules.splitlines() if line.strip()), hook)


def _forwarding(host: IPv4Address) -> dict[str, tuple[str, str]]:
    """By name, the hook and the rules of each chain that a packet between guests passes, or to or from the way out."""
    return {
        "fragments": (
            "type filter hook prerouting priority raw - 150; policy accept;",
            f'iifname "e*" ip frag-off & 0x3fff != 0 update @parts {{ iifname {_TOO_MANY_FRAGMENTS} }} drop',
        ),
        "antispoof": (
            "type filter hook prerouting priority raw; policy drop;",
            f"""
            meta nfproto != ipv4 drop
            iifname {{ "lo", {_OUT} }} accept
            iifname . ip saddr @addresses accept
            iifname . ip saddr @peers accept
            iifname @unchecked ip saddr != @nowhere accept
            {_ASKS_FOR_ADDRESS} accept
            """,
        ),
        "acl": (
            "type filter hook forward priority filter - 10; policy drop;",
            f"""
            iifname vmap @acl-out
            iifname {_OUT} ct direction reply ct reply ip daddr vmap @nat-in
            oifname vmap @acl-in
            accept
            """,
        ),
        "forward": (
            "type filter hook forward priority filter; policy drop;",
            f"""
            ip daddr != {host} ip daddr @nowhere drop
            ct state established,related goto known
            iifname != {_OUT} add @flows {{ iifname ct count over {MOST_FLOWS} }} drop
            ct mark 0 ct mark set iifname map @numbers
            iifname vmap @egress
            iifname {_OUT} goto arriving
            iifname @links goto arriving
            """,
        ),
        "known": (
            "",
            f"""
            iifname {_OUT} jump known-in
            oifname {_OUT} jump known-out
            ct direction original accept
            ct mark . oifname @origins accept
            ct mark {_OUT_NUMBER} drop
            goto arriving
            """,
        ),
        "known-in": (
            "",
            """
            ct direction original ct original ip daddr . ip daddr @translated return
            ct direction reply ct reply ip daddr . ip daddr @translated return
            ct direction reply ct reply ip daddr @nats return
            drop
            """,
        ),
        "known-out": (
            "",
            f"""
            ip daddr != {host} ip daddr @not-internet drop
            ct direction reply rt classid 0 ct original ip daddr . ip saddr @translated return
            ct direction original rt classid 0 ct reply ip daddr . ip saddr @translated return
            ct direction original rt classid . ct reply ip daddr @carried return
            drop
            """,
        ),
        "onward": (
            "",
            f"""
            oifname {_OUT} goto opening
            oifname @links accept
            goto arriving
            """,
        ),
        "opening": (
            "",
            f"""
            ct state invalid drop
            ip daddr @not-internet drop
            iifname . ip saddr != @addresses drop
            rt classid 0 ip saddr != @public drop
            add @outward-flows {{ iifname ct count over {MOST_OUTWARD_FLOWS} }} drop
            meta l4proto tcp accept
            udp dport 53 accept
            ct status confirmed accept
            update @outward-datagrams {{ iifname {_TOO_MANY_DATAGRAMS} }} drop
            accept
            """,
        ),
        "arriving": (
            "",
            """
            oifname . ip daddr @addresses oifname vmap @ingress
            oifname @unchecked oifname vmap @ingress
            drop
            """,
        ),
    }


_ASKS_FOR_ADDRESS = "ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67"

_TRANSLATING: dict[str, tuple[str, str]] = {
    "dstnat": (
        "type nat hook prerouting priority dstnat; policy accept;",
        f"iifname {_OUT} dnat ip to ip daddr map @inside",
    ),
    "dstnat-output": (
        "type nat hook output priority -100; policy accept;",
        "dnat ip to ip daddr map @inside",
    ),
    "srcnat": (
        "type nat hook postrouting priority srcnat; policy accept;",
        f"""
        oifname {_OUT} snat ip to rt classid map @nat-addresses
        oifname {_OUT} meta l4proto udp snat ip to ip saddr map @outside : {FIRST_OUTWARD_PORT}-65535
        oifname {_OUT} snat ip to ip saddr map @outside
        """,
    ),
}


def _own(dns: str) -> dict[str, tuple[str, str]]:
    """The chains of packets to and from the namespace itself."""
    return {
        "input": (
            "type filter hook input priority filter; policy drop;",
            f"""
            iifname "lo" accept
            iifname != {_OUT} update @asking {{ iifname {_TOO_OFTEN} }} drop
            ct state established,related accept
            {_ASKS_FOR_ADDRESS} accept
            iifname . ip saddr @addresses goto services
            """,
        ),
        "services": (
            "",
            f"""
            ip daddr {METADATA} tcp dport 80 goto metadata
            {dns}
            iifname . ip daddr @routers udp sport 68 udp dport 67 accept
            drop
            """,
        ),
        "metadata": (
            "",
            f"""
            add @metadata-flows {{ iifname ct count over {MOST_METADATA_FLOWS} }} drop
            accept
            """,
        ),
        "resolver": (
            "",
            f"""
            add @resolver-flows {{ iifname ct count over {MOST_RESOLVER_FLOWS} }} drop
            accept
            """,
        ),
        "output": (
            "type filter hook output priority filter; policy drop;",
            f"""
            oifname {{ "lo", {_OUT} }} accept
            meta mark {KNOCK_MARK} accept
            ct state established,related accept
            udp sport 67 udp dport 68 accept
            oifname vmap @acl-in
            goto arriving
            """,
        ),
    }


_ARP = (
    "type filter hook input priority filter; policy drop;",
    f"""
    iifname {{ "lo", {_OUT} }} accept
    iifname . arp saddr ip @addresses accept
    arp saddr ip 0.0.0.0 accept
    """,
)

_SETS: tuple[tuple[str, Set], ...] = (
    ("addresses", Set("ifname . ipv4_addr")),  # an interface's own
    ("routers", Set("ifname . ipv4_addr")),  # the router's address on an interface
    ("unchecked", Set("ifname")),  # source/destination check off
    ("links", Set("ifname")),
    ("peers", Set("ifname . ipv4_addr", "flags interval;")),  # a link, and the blocks behind it
    ("egress", Set("ifname : verdict")),
    ("ingress", Set("ifname : verdict")),
    ("acl-out", Set("ifname : verdict")),
    ("acl-in", Set("ifname : verdict")),
    ("nat-out", Set("realm : verdict")),
    ("nat-in", Set("ipv4_addr : verdict")),
    ("nat-addresses", Set("realm : ipv4_addr")),
    ("nats", Set("ipv4_addr")),
    ("numbers", Set("ifname : mark", elements={_OUT: str(_OUT_NUMBER)})),  # a flow's mark is the device that opened it
    ("origins", Set("mark . ifname", elements={f"{_OUT_NUMBER} . {_OUT}": ""})),
    ("carried", Set("realm . ipv4_addr")),  # a NAT gateway's number, and the stand-in of its address
    ("translated", Set("ipv4_addr . ipv4_addr")),  # the stand-in of a public address, and the private one
    ("inside", Set("ipv4_addr : ipv4_addr")),  # private addresses by the stand-ins of public ones
    ("outside", Set("ipv4_addr : ipv4_addr")),  # the other way
    ("public", Set("ipv4_addr")),  # private addresses that have a public one
    ("flows", Set("ifname", "size 65535; flags dynamic;")),
    ("outward-flows", Set("ifname", "size 65535; flags dynamic;")),
    ("outward-datagrams", Set("ifname", "size 65535; flags dynamic,timeout; timeout 10m;")),
    ("metadata-flows", Set("ifname", "size 65535; flags dynamic;")),
    ("resolver-flows", Set("ifname", "size 65535; flags dynamic;")),
    ("parts", Set("ifname", "size 65535; flags dynamic,timeout; timeout 1m;")),
    ("asking", Set("ifname", "size 65535; flags dynamic,timeout; timeout 1m;")),
)


def _blocks(blocks: Iterable[IPv4Network]) -> Set:
    return Set("ipv4_addr", "flags interval;", {str(block): "" for block in collapse_addresses(blocks)})
