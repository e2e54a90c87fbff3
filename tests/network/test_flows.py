"""What the kernel does beside single packets: ARP, and flows that exist when the plan changes."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from frames import arp_request, fragments, frame, packet_in
from inside_namespace import ROUTER_MAC
from namespace import Namespace, services
from two_tiers import (
    DATABASE,
    LONE,
    PRIVATE,
    PUBLIC,
    ROUTER_INSTANCE,
    WEB,
    WEB_PUBLIC,
    address,
    two_tiers,
    with_interface,
)

from kumoniwa.network.vpc import nft, routes
from kumoniwa.network.vpc.nft_frame import FIRST_OUTWARD_PORT, MOST_DATAGRAM_FLOWS, MOST_RESOLVER_FLOWS
from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import ICMP, TCP, UDP, WAY_OUT, Acl, Address, Plan, Traffic, transit_address

FAR = address("93.184.216.34")


def _mac(plan: Plan, interface_id: str) -> bytes:
    return bytes.fromhex(plan.interfaces[interface_id].mac.replace(":", ""))


def _sent(
    network: Namespace, plan: Plan, origin: str, packet: Packet, *, opens: bool = False
) -> list[tuple[str, Packet]]:
    """What comes of a packet, by device."""
    inside = origin != WAY_OUT
    mac = _mac(plan, origin) if inside else bytes((0x0A, 0, 0, 0, 0, 9))
    tap = plan.interfaces[origin].tap if inside else WAY_OUT
    sent = frame(packet, source=mac, destination=ROUTER_MAC)
    [came] = network.ask(("send", {"packets": [(tap, sent.hex(), opens)]}))[0]
    return [(name, packet_in(bytes.fromhex(data))) for name, data in came]


def _becomes(network: Namespace, before: Plan, after: Plan) -> None:
    network.carry(after, nft.changes(before, after), routes.changes(before, after))


@pytest.mark.parametrize(
    ("target", "answers"),
    [
        ("10.0.0.1", True),  # the router
        ("10.0.0.2", True),  # the resolver
        ("10.0.0.20", True),  # a neighbour
        ("10.0.1.10", True),  # whoever asks for what is elsewhere is answered as by a router
        ("10.0.0.99", False),  # nobody
        ("10.0.0.10", False),  # itself: or it would think that another has its address
    ],
)
def test_arp_is_answered_for_what_there_is(network: Namespace, target: str, *, answers: bool) -> None:
    plan = two_tiers()
    network.carry(plan)
    asked = arp_request(source=_mac(plan, WEB), sender=address("10.0.0.10"), target=address(target))
    [came] = network.ask(("send", {"packets": [(plan.interfaces[WEB].tap, asked.hex(), False)]}))[0]
    assert [name for name, _ in came] == ([plan.interfaces[WEB].tap] if answers else [])


def test_arp_of_another_is_not_heard(network: Namespace) -> None:
    plan = two_tiers()
    network.carry(plan)
    asked = arp_request(source=_mac(plan, WEB), sender=address("10.0.0.20"), target=address("10.0.0.1"))
    [came] = network.ask(("send", {"packets": [(plan.interfaces[WEB].tap, asked.hex(), False)]}))[0]
    assert came == []
    probe = arp_request(source=_mac(plan, WEB), sender=address("0.0.0.0"), target=address("10.0.0.10"))
    [came] = network.ask(("send", {"packets": [(plan.interfaces[WEB].tap, probe.hex(), False)]}))[0]
    assert came == []


def _udp(source: IPv4Address, destination: IPv4Address, source_port: int, destination_port: int) -> Packet:
    return Packet(source, destination, UDP, source_port, destination_port)


def _both_ways(network: Namespace, plan: Plan) -> tuple[Packet, Packet]:
    """A flow of UDP from the web server to the internet, that exists: what is sent further, and what is replied."""
    out = _udp(address("10.0.0.10"), FAR, FIRST_OUTWARD_PORT, 443)
    stand_in = transit_address(WEB_PUBLIC)
    back = _udp(FAR, stand_in, 443, FIRST_OUTWARD_PORT)
    assert _sent(network, plan, WEB, out, opens=True) == [(WAY_OUT, replace(out, source=stand_in))]
    assert _sent(network, plan, WAY_OUT, back) == [(plan.interfaces[WEB].tap, out.reply())]
    return out, back


def test_a_flow_goes_on_when_its_rule_is_removed_and_no_new_one_begins(network: Namespace) -> None:
    plan = two_tiers()
    network.carry(plan)
    out, back = _both_ways(network, plan)
    group = plan.groups["sg-0a"]
    closed = replace(plan, groups={**plan.groups, "sg-0a": replace(group, egress=())})
    _becomes(network, plan, closed)
    assert len(_sent(network, closed, WEB, out)) == 1
    assert len(_sent(network, closed, WAY_OUT, back)) == 1
    assert _sent(network, closed, WEB, replace(out, source_port=40001)) == []


def test_flows_go_on_when_all_is_made_anew(network: Namespace) -> None:
    plan = two_tiers()
    network.carry(plan)
    out, back = _both_ways(network, plan)
    network.carry(plan)
    stand_in = transit_address(WEB_PUBLIC)
    assert _sent(network, plan, WEB, out) == [(WAY_OUT, replace(out, source=stand_in))]
    assert _sent(network, plan, WAY_OUT, back) == [(plan.interfaces[WEB].tap, out.reply())]


def test_a_flow_ends_with_an_acl_that_denies_it(network: Namespace) -> None:
    plan = two_tiers()
    network.carry(plan)
    out, back = _both_ways(network, plan)
    acl = plan.acls["acl-0a"]
    one_way = replace(plan, acls={**plan.acls, "acl-0a": Acl("acl-0a", (), acl.egress)})
    _becomes(network, plan, one_way)
    assert len(_sent(network, one_way, WEB, out)) == 1
    assert _sent(network, one_way, WAY_OUT, back) == []


def test_a_public_address_that_moves_takes_no_flow_with_it(network: Namespace) -> None:
    plan = two_tiers()
    network.carry(plan)
    out, back = _both_ways(network, plan)
    without = with_interface(plan, WEB, addresses=(Address(address("10.0.0.10")),))
    moved = with_interface(without, ROUTER_INSTANCE, addresses=(Address(address("10.0.0.20"), WEB_PUBLIC),))
    _becomes(network, plan, moved)
    assert _sent(network, moved, WEB, out) == []
    assert _sent(network, moved, WAY_OUT, back) == []
    opened = Packet(moved.host, transit_address(WEB_PUBLIC), TCP, 50000, 8080)
    assert [name for name, _ in _sent(network, moved, WAY_OUT, opened)] == [moved.interfaces[ROUTER_INSTANCE].tap]


def test_a_flow_does_not_change_its_gateway(network: Namespace) -> None:
    plan = two_tiers()
    network.carry(plan)
    out, _ = _both_ways(network, plan)
    by_nat = replace(
        plan,
        subnets={
            PUBLIC: replace(plan.subnets[PUBLIC], route_table_id="rtb-0b"),
            PRIVATE: replace(plan.subnets[PRIVATE], route_table_id="rtb-0a"),
        },
        nat_gateways={"nat-0a": replace(plan.nat_gateways["nat-0a"], subnet_id=PRIVATE)},
    )
    _becomes(network, plan, by_nat)
    assert _sent(network, by_nat, WEB, out) == []
    [(_, translated)] = _sent(network, by_nat, WEB, replace(out, source_port=40001))
    assert translated.source == transit_address(address("127.20.0.2"))


def test_a_guest_cannot_open_a_neighbour_by_sending_as_that(network: Namespace) -> None:
    """An interface whose check is off may send as another. What is replied comes to that one as something new."""
    plan = two_tiers()
    network.carry(plan)
    as_lone = Packet(address("10.0.1.20"), address("10.0.0.10"), TCP, 40000, 443)
    assert [name for name, _ in _sent(network, plan, ROUTER_INSTANCE, as_lone, opens=True)] == [
        plan.interfaces[WEB].tap
    ]
    assert _sent(network, plan, WEB, as_lone.reply()) == []
    assert plan.interfaces[LONE].live
    assert plan.interfaces[DATABASE].live


def test_the_next_plan_replaces_all_of_the_one_before(network: Namespace) -> None:
    plan = two_tiers()
    network.carry(plan)
    fewer = replace(plan, interfaces={WEB: plan.interfaces[WEB]}, nat_gateways={}, peerings={})
    network.carry(fewer)
    listed = network.listed()
    assert not any(plan.interfaces[LONE].tap in line for lines in listed.values() for line in lines)


@pytest.mark.parametrize(("port", "admitted"), [(5432, True), (5433, False)])
def test_fragments_are_judged_as_the_packet_that_they_are_of(network: Namespace, port: int, *, admitted: bool) -> None:
    plan = two_tiers()
    group = plan.groups["sg-0b"]
    udp = tuple(replace(rule, traffic=Traffic(UDP, 5432, 5432)) for rule in group.ingress)
    plan = replace(plan, groups={**plan.groups, "sg-0b": replace(group, ingress=udp)})
    network.carry(plan)
    packet = _udp(address("10.0.0.10"), address("10.0.1.10"), 40000, port)
    web, database = plan.interfaces[WEB].tap, plan.interfaces[DATABASE].tap

    def parts(number: int) -> list[tuple[str, str, bool]]:
        macs = {"source": _mac(plan, WEB), "destination": ROUTER_MAC}
        return [(web, part.hex(), False) for part in fragments(packet, **macs, data=bytes(3000), number=number)]

    [came] = network.ask(("send", {"packets": parts(port)}))
    assert came[0] == []
    assert {name for name, _ in came[1]} == ({database} if admitted else set())
    assert network.ask(("send", {"packets": parts(port + 1000)[1:]})) == [[[]]]


def test_a_guest_that_floods_with_parts_of_datagrams_keeps_no_neighbour_from_sending_whole_ones(
    network: Namespace,
) -> None:
    plan = two_tiers()
    group = plan.groups["sg-0b"]
    udp = tuple(replace(rule, traffic=Traffic(UDP, 5432, 5432)) for rule in group.ingress)
    plan = replace(plan, groups={**plan.groups, "sg-0b": replace(group, ingress=udp)})
    network.carry(plan)

    def parts(sender: str, number: int, size: int) -> list[tuple[str, str, bool]]:
        packet = _udp(plan.interfaces[sender].primary, address("10.0.1.10"), 40000, 5432)
        macs = {"source": _mac(plan, sender), "destination": ROUTER_MAC}
        made = fragments(packet, **macs, data=bytes(size), number=number)
        return [(plan.interfaces[sender].tap, part.hex(), False) for part in made]

    network.ask(("send", {"packets": [parts(ROUTER_INSTANCE, number, 1400)[1] for number in range(4000)]}))
    [came] = network.ask(("send", {"packets": parts(WEB, 1, 3000)}))
    assert {name for name, _ in came[1]} == {plan.interfaces[DATABASE].tap}


def test_a_guest_that_floods_the_services_is_heard_so_often_and_its_neighbour_as_ever(network: Namespace) -> None:
    plan = two_tiers()
    network.carry(plan)
    sent = 10_000
    asked = [Packet(address("10.0.0.10"), plan.resolver, UDP, 2000 + number, 53) for number in range(sent)]
    tap, mac = plan.interfaces[WEB].tap, _mac(plan, WEB)
    flood = [(tap, frame(packet, source=mac, destination=ROUTER_MAC).hex(), False) for packet in asked]
    network.ask(("serve", {"addresses": [each for each in services(plan) if each[::2] == ("udp", 53)]}))
    try:
        [came] = network.ask(("send", {"packets": flood}))
        assert 1024 <= sum(len(one) for one in came) < sent
        neighbours = Packet(address("10.0.0.20"), plan.resolver, UDP, 40000, 53)
        data = frame(neighbours, source=_mac(plan, ROUTER_INSTANCE), destination=ROUTER_MAC)
        [came] = network.ask(("send", {"packets": [(plan.interfaces[ROUTER_INSTANCE].tap, data.hex(), False)]}))
        assert [name for name, _ in came[0]] == ["service"]
    finally:
        network.ask(("serve", {"addresses": []}))


def test_a_guest_keeps_so_many_connections_of_the_resolver_and_leaves_others_theirs(network: Namespace) -> None:
    plan = two_tiers()
    network.carry(plan)
    listening = [each for each in services(plan) if each[::2] == ("tcp", 53)]

    def begun(sender: str, source: str, count: int) -> int:
        """How many of its connections are answered, of which it says nothing more."""
        asked = [Packet(address(source), plan.resolver, TCP, 2000 + number, 53) for number in range(count)]
        return sum(len(_sent(network, plan, sender, packet)) for packet in asked)

    network.ask(("serve", {"addresses": listening}))
    network.ask(("forget_flows", {}))
    try:
        assert begun(WEB, "10.0.0.10", MOST_RESOLVER_FLOWS + 3) == MOST_RESOLVER_FLOWS
        assert begun(ROUTER_INSTANCE, "10.0.0.20", 1) == 1
    finally:
        network.ask(("serve", {"addresses": []}))


def test_a_guest_opens_so_many_flows_of_datagrams_to_the_internet_but_asks_names_as_often_as_it_will(
    network: Namespace,
) -> None:
    """Beside what is tracked at a time: all that was is forgotten between two rounds."""
    plan = two_tiers()
    network.carry(plan)
    tap, mac = plan.interfaces[WEB].tap, _mac(plan, WEB)

    def left(port: int) -> int:
        """How many flows to this port leave, of two rounds."""
        asked = [_udp(address("10.0.0.10"), FAR, 2000 + number, port) for number in range(MOST_DATAGRAM_FLOWS - 100)]
        frames = [(tap, frame(packet, source=mac, destination=ROUTER_MAC).hex(), False) for packet in asked]
        count = 0
        for _ in range(2):
            network.ask(("forget_flows", {}))
            [came] = network.ask(("send", {"packets": frames}))
            count += sum(name == WAY_OUT for one in came for name, _ in one)
        return count

    assert left(53) == 2 * (MOST_DATAGRAM_FLOWS - 100)
    assert MOST_DATAGRAM_FLOWS <= left(443) < 2 * (MOST_DATAGRAM_FLOWS - 100)


@pytest.mark.parametrize(
    "packet",
    [
        Packet(address("10.0.0.10"), FAR, UDP, 40000, 514),
        Packet(address("10.0.0.10"), FAR, ICMP, icmp_type=8),
    ],
    ids=["udp", "icmp"],
)
def test_a_flow_that_nobody_replies_to_is_one_flow_and_all_of_it_leaves(network: Namespace, packet: Packet) -> None:
    """Such as what is sent to syslog: each of its packets is new, as far as the kernel tells."""
    plan = two_tiers()
    network.carry(plan)
    count = MOST_DATAGRAM_FLOWS + 500
    one = (plan.interfaces[WEB].tap, frame(packet, source=_mac(plan, WEB), destination=ROUTER_MAC).hex(), False)
    network.ask(("forget_flows", {}))
    [came] = network.ask(("send", {"packets": [one] * count}))
    assert sum(name == WAY_OUT for each in came for name, _ in each) == count


def test_datagrams_leave_from_a_high_port_one_for_each_of_the_guests_and_replies_come_back(network: Namespace) -> None:
    """So that no port of the host, which leads to this port of the guest, takes them for its own."""
    plan = two_tiers()
    network.carry(plan)
    ntp = _udp(address("10.0.0.10"), FAR, 123, 123)
    [(device, left)] = _sent(network, plan, WEB, ntp, opens=True)
    assert (device, left.source) == (WAY_OUT, transit_address(WEB_PUBLIC))
    assert left.source_port >= FIRST_OUTWARD_PORT
    elsewhere = replace(ntp, destination=address("93.184.216.35"))
    assert _sent(network, plan, WEB, elsewhere) == [(WAY_OUT, replace(left, destination=elsewhere.destination))]
    assert _sent(network, plan, WAY_OUT, left.reply()) == [(plan.interfaces[WEB].tap, ntp.reply())]
