"""Which subnets clients on this host come to: the same as `reach` says, where groups admit everything."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from two_tiers import ALL, ANYWHERE, OPEN, PRIVATE, VPC, WEB, WEB_PUBLIC, block, two_tiers

from kumoniwa.network.vpc.letting_in import letting_in
from kumoniwa.network.vpc.plan import (
    TCP,
    UDP,
    Acl,
    AclEntry,
    Plan,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Target,
    TargetKind,
    Traffic,
)
from kumoniwa.network.vpc.reach import CLIENT_PORT, reach
from kumoniwa.network.vpc.verdicts import INTERNET

_ADDRESS, _OTHER, _PORT = IPv4Address("10.0.0.10"), IPv4Address("10.0.1.10"), 443
_DENIES = AclEntry(50, False, Traffic(TCP, _PORT, _PORT), ANYWHERE)
_DENIES_REPLIES = AclEntry(50, False, Traffic(TCP, CLIENT_PORT, 65535), ANYWHERE)


def _with_acl(ingress: tuple[AclEntry, ...], egress: tuple[AclEntry, ...]) -> Plan:
    plan = two_tiers()
    return replace(plan, acls={**plan.acls, "acl-0a": Acl("acl-0a", ingress, egress)})


def _in_private_subnet() -> Plan:
    plan = two_tiers()
    return replace(plan, interfaces={**plan.interfaces, WEB: replace(plan.interfaces[WEB], subnet_id=PRIVATE)})


_WAYS = {
    "as it is": two_tiers(),
    "an entry denies the port": _with_acl((_DENIES, *OPEN), OPEN),
    "a lower number allows it": _with_acl((AclEntry(40, True, ALL, ANYWHERE), _DENIES), OPEN),
    "an entry denies the replies": _with_acl(OPEN, (_DENIES_REPLIES, *OPEN)),
    "no entry allows anything": _with_acl((), ()),
    "no gateway": replace(two_tiers(), internet_gateway=None),
    "no route": replace(two_tiers(), route_tables={**two_tiers().route_tables, "rtb-0a": RouteTable("rtb-0a", ())}),
    "replies by a NAT gateway": _in_private_subnet(),
}


@pytest.mark.parametrize("way", _WAYS)
def test_clients_come_where_reach_says_so(way: str) -> None:
    everybody = SecurityGroup("sg-0a", (Rule("sgr-0a", ALL, ANYWHERE),), ())
    plan = replace(_WAYS[way], groups={**_WAYS[way].groups, "sg-0a": everybody})
    found = reach({VPC: plan}, INTERNET, WEB_PUBLIC, TCP, _PORT).reached
    assert letting_in(plan)(_ADDRESS, _PORT) is found
    assert found is (way in ("as it is", "a lower number allows it"))


_BLOCKS = [ANYWHERE, *map(block, ("127.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "0.0.0.0/1"))]
_TARGETS = [
    Target(TargetKind.INTERNET_GATEWAY, "igw-0a"),
    Target(TargetKind.INTERNET_GATEWAY, "igw-0b"),
    Target(TargetKind.NAT_GATEWAY, "nat-0a"),
    Target(TargetKind.BLACKHOLE, "eni-0f"),
]
_TRAFFIC = [ALL, Traffic(TCP), Traffic(UDP), *(Traffic(TCP, *ports) for ports in ((_PORT, _PORT), (1024, 65535)))]
_ENTRIES = st.lists(st.tuples(st.booleans(), st.sampled_from(_TRAFFIC), st.sampled_from(_BLOCKS)), max_size=4)
_ROUTES = st.lists(st.builds(Route, st.sampled_from(_BLOCKS), st.sampled_from(_TARGETS)), max_size=3)


@given(ingress=_ENTRIES, egress=_ENTRIES, routes=_ROUTES)
def test_of_any_acl_and_routes_it_says_what_reach_says(
    ingress: list[tuple[bool, Traffic, IPv4Network]],
    egress: list[tuple[bool, Traffic, IPv4Network]],
    routes: list[Route],
) -> None:
    def numbered(entries: list[tuple[bool, Traffic, IPv4Network]]) -> tuple[AclEntry, ...]:
        return tuple(AclEntry(number, *entry) for number, entry in enumerate(entries, start=1))

    everybody = SecurityGroup("sg-0a", (Rule("sgr-0a", ALL, ANYWHERE),), ())
    plan = _with_acl(numbered(ingress), numbered(egress))
    tables = {**plan.route_tables, "rtb-0a": RouteTable("rtb-0a", tuple(routes))}
    plan = replace(plan, route_tables=tables, groups={**plan.groups, "sg-0a": everybody})
    assert letting_in(plan)(_ADDRESS, _PORT) is reach({VPC: plan}, INTERNET, WEB_PUBLIC, TCP, _PORT).reached


def test_groups_are_not_asked_and_other_ports_and_addresses_are_apart() -> None:
    lets_in = letting_in(replace(_with_acl((_DENIES, *OPEN), OPEN), groups={}))
    assert (lets_in(_ADDRESS, _PORT), lets_in(_ADDRESS, 22)) == (False, True)
    assert not lets_in(_OTHER, 22), "its subnet has no way for the replies"
    assert lets_in(IPv4Address("10.9.9.9"), 22), "it is not this VPC's"
