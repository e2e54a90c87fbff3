"""Which rule, entry or route decides about a packet."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from two_tiers import (
    ALL,
    ANYWHERE,
    DATABASE,
    LONE,
    NAT_PUBLIC,
    PRIVATE,
    ROUTER_INSTANCE,
    WEB,
    WEB_PUBLIC,
    address,
    block,
    two_tiers,
    with_interface,
    with_route,
)

from kumoniwa.network.vpc.filter import answer, verdict
from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import ICMP, TCP, UDP, Acl, AclEntry, Plan, Target, TargetKind, Traffic
from kumoniwa.network.vpc.verdicts import INTERNET, ROUTER, Decider, Verdict

ADDRESSES = {WEB: "10.0.0.10", DATABASE: "10.0.1.10", ROUTER_INSTANCE: "10.0.0.20", LONE: "10.0.1.20"}
FAR = "93.184.216.34"


def tcp(source: str, destination: str, port: int) -> Packet:
    return Packet(address(source), address(destination), TCP, source_port=40000, destination_port=port)


def sent(plan: Plan, start: str, destination: str, port: int) -> Verdict:
    """What becomes of a TCP packet of an interface's own."""
    return verdict(plan, tcp(ADDRESSES[start], destination, port), start)


def decides(one: Verdict, decider: Decider, identifier: str) -> None:
    assert (one.deciding.decider, one.deciding.id) == (decider, identifier), one.deciding.sentence


def test_a_member_of_the_group_that_a_rule_names_is_admitted_and_no_one_else() -> None:
    plan = two_tiers()
    admitted = sent(plan, WEB, "10.0.1.10", 5432)
    assert admitted.to == DATABASE
    decides(admitted, Decider.SECURITY_GROUP, "sgr-0e")
    assert (admitted.deciding.by, admitted.deciding.egress) == (plan.groups["sg-0b"].ingress[0], False)
    assert admitted.deciding.sentence == "Rule sgr-0e of sg-0b admits TCP port 5432 from 10.0.0.10."
    refused = sent(plan, LONE, "10.0.1.10", 5432)
    assert not refused.admitted
    assert refused.deciding.sentence == "No ingress rule of sg-0b, sg-0d admits TCP port 5432 from 10.0.1.20."


def test_a_rule_is_about_every_address_of_a_member_and_no_other_port() -> None:
    plan = two_tiers()
    assert sent(plan, WEB, "10.0.1.11", 5432).to == DATABASE
    assert not sent(plan, WEB, "10.0.1.10", 5433).admitted


def test_a_peered_groups_members_are_admitted() -> None:
    plan = two_tiers()
    decides(verdict(plan, tcp("10.9.0.10", "10.0.1.10", 5432), "pcx-0a"), Decider.SECURITY_GROUP, "sgr-0f")
    assert not verdict(plan, tcp("10.9.0.11", "10.0.1.10", 5432), "pcx-0a").admitted
    decides(verdict(plan, tcp("10.8.0.10", "10.0.1.10", 5432), "pcx-0a"), Decider.PEERING, "pcx-0a")


def test_a_prefix_list_admits_its_blocks() -> None:
    plan = with_interface(two_tiers(), LONE, subnet_id="subnet-0a")
    moved = with_interface(
        plan, LONE, addresses=(replace(plan.interfaces[LONE].addresses[0], private=address("10.0.0.40")),)
    )
    decides(verdict(moved, tcp("10.0.0.40", "10.0.1.10", 9), LONE), Decider.SECURITY_GROUP, "sgr-10")


def test_egress_rules_are_asked_before_anything_else() -> None:
    decides(sent(two_tiers(), LONE, FAR, 443), Decider.SECURITY_GROUP, "sg-0d")
    decides(sent(two_tiers(), DATABASE, FAR, 80), Decider.SECURITY_GROUP, "sg-0b")


def test_the_reply_of_an_admitted_flow_passes_groups_without_a_rule() -> None:
    plan = two_tiers()
    reply = answer(plan, sent(plan, WEB, "10.0.1.10", 5432))
    assert reply.to == WEB
    decides(reply, Decider.FLOW, WEB)


def test_acls_are_asked_for_replies_too() -> None:
    plan = two_tiers()
    acl = plan.acls["acl-0b"]
    ephemeral = AclEntry(10, False, Traffic(TCP, 32768, 65535), block("10.0.0.0/24"))
    plan = replace(plan, acls={**plan.acls, "acl-0b": replace(acl, egress=(ephemeral, *acl.egress))})
    opened = sent(plan, WEB, "10.0.1.10", 5432)
    assert opened.admitted
    reply = answer(plan, opened)
    decides(reply, Decider.NETWORK_ACL, "acl-0b")
    assert reply.deciding.sentence == "Egress entry 10 of acl-0b denies TCP port 40000 out of subnet-0b."
    assert (reply.deciding.by, reply.deciding.egress) == (ephemeral, True)


def test_the_first_entry_that_matches_decides_and_none_denies() -> None:
    plan = two_tiers()
    decides(sent(plan, ROUTER_INSTANCE, "10.0.1.10", 23), Decider.NETWORK_ACL, "acl-0b")
    closed = replace(plan, acls={**plan.acls, "acl-0b": Acl("acl-0b", (), ())})
    denied = sent(closed, WEB, "10.0.1.10", 5432)
    assert denied.deciding.sentence == "No ingress entry of acl-0b allows TCP port 5432 into subnet-0b."


def test_acls_are_not_asked_within_a_subnet() -> None:
    plan = two_tiers()
    closed = replace(plan, acls={name: Acl(name, (), ()) for name in plan.acls})
    decides(sent(closed, ROUTER_INSTANCE, "10.0.0.10", 443), Decider.SECURITY_GROUP, "sgr-0a")


def test_unused_addresses_and_those_of_stopped_guests_are_not_reached() -> None:
    plan = two_tiers()
    decides(sent(plan, WEB, "10.0.1.99", 5432), Decider.ADDRESS, "")
    stopped = with_interface(plan, DATABASE, live=False)
    decides(sent(stopped, WEB, "10.0.1.10", 5432), Decider.ADDRESS, "")
    assert sent(stopped, WEB, "10.0.1.10", 5432).deciding.sentence == "No running instance has the address 10.0.1.10."


def test_a_foreign_source_is_dropped_unless_the_check_is_off() -> None:
    plan = two_tiers()
    decides(verdict(plan, tcp("10.0.1.20", "10.0.0.20", 80), WEB), Decider.SOURCE_DEST_CHECK, WEB)
    assert verdict(plan, tcp("10.0.1.20", "10.0.0.10", 443), ROUTER_INSTANCE).to == WEB
    for never in ("127.0.0.1", "169.254.169.254", "100.64.0.2", "240.20.0.1"):
        decides(
            verdict(plan, tcp(never, "10.0.0.10", 443), ROUTER_INSTANCE), Decider.SOURCE_DEST_CHECK, ROUTER_INSTANCE
        )


def test_a_route_to_an_interface_needs_one_whose_check_is_off() -> None:
    plan = with_route(two_tiers(), "rtb-0a", "203.0.113.0/24", Target(TargetKind.INTERFACE, ROUTER_INSTANCE))
    assert sent(plan, WEB, "203.0.113.9", 80).to == ROUTER_INSTANCE
    checked = with_interface(plan, ROUTER_INSTANCE, source_dest_check=True)
    decides(sent(checked, WEB, "203.0.113.9", 80), Decider.SOURCE_DEST_CHECK, ROUTER_INSTANCE)
    stopped = with_interface(plan, ROUTER_INSTANCE, live=False)
    decides(sent(stopped, WEB, "203.0.113.9", 80), Decider.ROUTE, ROUTER_INSTANCE)


def test_the_longest_prefix_decides_and_the_vpcs_own_blocks_go_before_all() -> None:
    plan = with_route(two_tiers(), "rtb-0a", "93.184.0.0/16", Target(TargetKind.BLACKHOLE, "eni-0f"))
    decides(sent(plan, WEB, FAR, 443), Decider.ROUTE, "rtb-0a")
    plan = with_route(plan, "rtb-0a", "93.184.216.34/32", Target(TargetKind.INTERNET_GATEWAY, "igw-0a"))
    assert sent(plan, WEB, FAR, 443).to == INTERNET
    plan = with_route(plan, "rtb-0a", "10.0.1.10/32", Target(TargetKind.BLACKHOLE, "eni-0f"))
    assert sent(plan, WEB, "10.0.1.10", 5432).to == DATABASE


def test_the_internet_gateway_translates_who_has_a_public_address_and_nothing_else() -> None:
    plan = two_tiers()
    out = sent(plan, WEB, FAR, 443)
    assert (out.to, out.arriving.source) == (INTERNET, WEB_PUBLIC)
    decides(out, Decider.INTERNET_GATEWAY, "igw-0a")
    back = answer(plan, out)
    assert (back.to, back.arriving) == (WEB, out.packet.reply())
    decides(sent(plan, ROUTER_INSTANCE, FAR, 443), Decider.INTERNET_GATEWAY, "igw-0a")
    assert "no public address" in sent(plan, ROUTER_INSTANCE, FAR, 443).deciding.sentence
    decides(verdict(plan, tcp("10.0.0.10", FAR, 443), ROUTER_INSTANCE), Decider.INTERNET_GATEWAY, "igw-0a")


@pytest.mark.parametrize("private", ["10.8.0.1", "192.168.1.1", "172.16.5.5", "100.65.0.3", "198.18.0.1"])
def test_no_gateway_leads_to_the_hosts_own_networks(private: str) -> None:
    decides(sent(two_tiers(), WEB, private, 443), Decider.INTERNET_GATEWAY, "igw-0a")
    decides(sent(two_tiers(), DATABASE, private, 443), Decider.INTERNET_GATEWAY, "igw-0a")


def test_a_detached_gateway_is_a_black_hole() -> None:
    plan = replace(two_tiers(), internet_gateway=None)
    decides(sent(plan, WEB, FAR, 443), Decider.ROUTE, "rtb-0a")
    assert (
        sent(plan, WEB, FAR, 443).deciding.sentence
        == "Route 0.0.0.0/0 of rtb-0a leads to igw-0a, which is gone (blackhole)."
    )
    decides(verdict(plan, tcp("100.64.0.2", str(WEB_PUBLIC), 443), INTERNET), Decider.ADDRESS, "")


def test_a_nat_gateway_sends_as_itself_while_it_is_available_and_has_a_way_out() -> None:
    plan = two_tiers()
    out = sent(plan, DATABASE, FAR, 443)
    assert (out.to, out.arriving.source, out.nat_gateway) == (INTERNET, NAT_PUBLIC, "nat-0a")
    assert answer(plan, out).to == DATABASE
    pending = replace(plan.nat_gateways["nat-0a"], available=False)
    decides(sent(replace(plan, nat_gateways={"nat-0a": pending}), DATABASE, FAR, 443), Decider.NAT_GATEWAY, "nat-0a")
    inside = replace(plan.nat_gateways["nat-0a"], subnet_id=PRIVATE)
    decides(sent(replace(plan, nat_gateways={"nat-0a": inside}), DATABASE, FAR, 443), Decider.NAT_GATEWAY, "nat-0a")
    decides(verdict(plan, tcp("100.64.0.2", str(NAT_PUBLIC), 443), INTERNET), Decider.ADDRESS, "")


def test_the_acl_of_a_nat_gateways_subnet_is_asked_on_the_way() -> None:
    plan = two_tiers()
    entry = AclEntry(10, False, ALL, block("10.0.1.0/24"))
    acl = plan.acls["acl-0a"]
    denied = sent(
        replace(plan, acls={**plan.acls, "acl-0a": replace(acl, ingress=(entry, *acl.ingress))}), DATABASE, FAR, 443
    )
    decides(denied, Decider.NETWORK_ACL, "acl-0a")


def test_from_this_host_a_public_address_is_reached_as_rules_admit_it() -> None:
    plan = two_tiers()
    arrived = verdict(plan, tcp("100.64.0.2", str(WEB_PUBLIC), 443), INTERNET)
    assert arrived.to == WEB
    assert (arrived.arriving.source, arrived.arriving.destination) == (plan.host, IPv4Address("10.0.0.10"))
    assert answer(plan, arrived).to == INTERNET
    decides(verdict(plan, tcp("100.64.0.2", str(WEB_PUBLIC), 22), INTERNET), Decider.SECURITY_GROUP, "sgr-0b")
    decides(verdict(plan, tcp("100.64.0.2", str(WEB_PUBLIC), 80), INTERNET), Decider.SECURITY_GROUP, "sg-0a")


def test_what_came_by_the_internet_gateway_is_not_replied_to_by_another_way() -> None:
    plan = two_tiers()
    opened = verdict(plan, tcp("100.64.0.2", str(WEB_PUBLIC), 443), INTERNET)
    nat = with_route(plan, "rtb-0a", str(ANYWHERE), Target(TargetKind.NAT_GATEWAY, "nat-0a"))
    decides(answer(nat, opened), Decider.FLOW, "nat-0a")


@pytest.mark.parametrize(
    ("protocol", "source_port", "destination", "port", "served"),
    [
        (TCP, 40000, "169.254.169.254", 80, True),
        (TCP, 40000, "169.254.169.254", 22, False),
        (UDP, 40000, "169.254.169.253", 53, True),
        (TCP, 40000, "10.0.0.2", 53, True),
        (UDP, 68, "10.0.0.1", 67, True),
        (UDP, 68, "10.0.1.1", 67, False),
        (TCP, 40000, "10.0.0.1", 22, False),
    ],
)
def test_the_vpcs_services_are_asked_without_rules(
    protocol: int, source_port: int, destination: str, port: int, *, served: bool
) -> None:
    plan = two_tiers()
    closed = replace(plan, groups={name: replace(group, ingress=(), egress=()) for name, group in plan.groups.items()})
    packet = Packet(address("10.0.0.10"), address(destination), protocol, source_port, port)
    asked = verdict(closed, packet, WEB)
    assert asked.to == (ROUTER if served else None)
    decides(asked, Decider.SERVICE, ROUTER)


def test_without_dns_support_the_resolver_is_silent() -> None:
    plan = replace(two_tiers(), dns_support=False)
    assert not sent(plan, WEB, "10.0.0.2", 53).admitted


def test_pings_are_replied_to_and_errors_of_nothing_are_not_translated() -> None:
    plan = two_tiers()
    ping = verdict(plan, Packet(address("10.0.0.20"), address("10.0.0.10"), ICMP, icmp_type=8), ROUTER_INSTANCE)
    assert ping.to == WEB
    assert answer(plan, ping).packet.icmp_type == 0
    error = Packet(address("10.0.0.10"), address(FAR), ICMP, icmp_type=3, icmp_code=1)
    decides(verdict(plan, error, WEB), Decider.FLOW, "")
    with pytest.raises(ValueError, match="replied to"):
        answer(plan, verdict(plan, error, WEB))
