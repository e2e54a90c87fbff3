"""Two VPCs that are peered, each in a namespace of its own, linked as the plans have it."""

from collections.abc import Iterator

import namespace
import pytest
from frames import frame, packet_in
from inside_namespace import ROUTER_MAC
from namespace import Namespace
from two_tiers import DATABASE, PEER, PEERED, VPC, WEB, address, peer, two_tiers, with_route

from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import TCP, Plan, Target, TargetKind
from kumoniwa.network.vpc.reach import reach

PLANS = {
    VPC: two_tiers(),
    PEER: with_route(peer(), "rtb-0c", "0.0.0.0/0", Target(TargetKind.PEERING, "pcx-0a")),
}
Pair = dict[str, Namespace]

_WITHIN = 20.0  # seconds


@pytest.fixture(scope="module")
def pair(namespaces: None) -> Iterator[Pair]:
    with namespace.made() as one, namespace.made(beside=one) as other:
        [peering] = PLANS[VPC].peerings.values()
        one.link(peering.link, other)
        one.carry(PLANS[VPC])
        other.carry(PLANS[PEER])
        yield {VPC: one, PEER: other}


def _send(pair: Pair, plan: Plan, interface_id: str, *packets: Packet, replies: bool = False) -> None:
    interface = plan.interfaces[interface_id]
    mac = bytes.fromhex(interface.mac.replace(":", ""))
    frames = [frame(packet, source=mac, destination=ROUTER_MAC, replies=replies).hex() for packet in packets]
    pair[plan.vpc_id].ask(("send", {"packets": [(interface.tap, one, False) for one in frames]}))


def _received(pair: Pair, plan: Plan, interface_id: str) -> Packet:
    asked = ("receive", {"tap": plan.interfaces[interface_id].tap, "within": _WITHIN})
    [came] = pair[plan.vpc_id].ask(asked)
    return packet_in(bytes.fromhex(came))


def test_a_peer_is_reached_and_replies_and_what_its_groups_deny_does_not_arrive(pair: Pair) -> None:
    here, there = PLANS[VPC], PLANS[PEER]
    denied, admitted = (Packet(address("10.0.0.10"), address("10.9.0.10"), TCP, 40000, port) for port in (81, 80))
    assert [reach(PLANS, WEB, PEERED, TCP, port).reached for port in (81, 80)] == [False, True]
    _send(pair, here, WEB, denied, admitted)
    assert _received(pair, there, PEERED) == admitted
    _send(pair, there, PEERED, admitted.reply(), replies=True)
    assert _received(pair, here, WEB) == admitted.reply()


def test_a_member_of_a_peers_group_is_admitted_and_who_only_says_so_is_not(pair: Pair) -> None:
    here, there = PLANS[VPC], PLANS[PEER]
    spoofed = Packet(address("10.9.0.11"), address("10.0.1.10"), TCP, 40000, 5432)
    own = Packet(address("10.9.0.10"), address("10.0.1.10"), TCP, 40001, 5432)
    _send(pair, there, PEERED, spoofed, own)
    assert _received(pair, here, DATABASE) == own


def test_a_peer_leads_no_further(pair: Pair) -> None:
    """Not to the internet by the other VPC's gateway, nor to its services."""
    here, there = PLANS[VPC], PLANS[PEER]
    own = Packet(address("10.9.0.10"), address("10.0.1.10"), TCP, 40002, 5432)
    through = [Packet(own.source, address(to), TCP, 40003, 443) for to in ("93.184.216.34", "10.0.0.2", "10.0.0.1")]
    _send(pair, there, PEERED, *through, own)
    assert _received(pair, here, DATABASE) == own
    assert pair[VPC].ask(("came", {})) == [[]]
