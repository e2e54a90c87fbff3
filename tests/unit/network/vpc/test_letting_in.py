"""Which subnets clients on this host come to: the same as `reach` says, where groups admit everything."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from two_tiers import ALL, ANYWHERE, OPEN, PRIVATE, VPC, WEB, WEB_PUBLIC, two_tiers

from kumoniwa.network.vpc.letting_in import letting_in
from kumoniwa.network.vpc.plan import TCP, Acl, AclEntry, Plan, RouteTable, Rule, SecurityGroup, Traffic
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


def test_groups_are_not_asked_and_other_ports_and_addresses_are_apart() -> None:
    lets_in = letting_in(replace(_with_acl((_DENIES, *OPEN), OPEN), groups={}))
    assert (lets_in(_ADDRESS, _PORT), lets_in(_ADDRESS, 22)) == (False, True)
    assert not lets_in(_OTHER, 22), "its subnet has no way for the replies"
    assert lets_in(IPv4Address("10.9.9.9"), 22), "it is not this VPC's"
