"""Who reaches whom, by which hops, and what decides."""

from dataclasses import replace

import pytest
from two_tiers import (
    DATABASE,
    LONE,
    PEER,
    PEERED,
    ROUTER_INSTANCE,
    VPC,
    WEB,
    address,
    block,
    peer,
    two_tiers,
    with_interface,
    with_route,
)

from kumoniwa.network.vpc.plan import ICMP, TCP, Target, TargetKind
from kumoniwa.network.vpc.reach import NoSuchEnd, reach
from kumoniwa.network.vpc.verdicts import INTERNET, Decider

PLANS = {VPC: two_tiers(), PEER: peer()}
FAR = address("93.184.216.34")


def test_an_admitted_flow_is_told_with_its_way_back() -> None:
    found = reach(PLANS, WEB, DATABASE, TCP, 5432)
    assert found.reached
    [there], [back] = found.there, found.back
    assert (there.vpc_id, there.origin, there.to) == (VPC, WEB, DATABASE)
    assert (back.vpc_id, back.origin, back.to) == (VPC, DATABASE, WEB)
    assert [decision.decider for decision in there.decisions] == [
        Decider.SOURCE_DEST_CHECK,
        Decider.SECURITY_GROUP,
        Decider.NETWORK_ACL,
        Decider.ROUTE,
        Decider.ADDRESS,
        Decider.NETWORK_ACL,
        Decider.SECURITY_GROUP,
    ]
    assert found.deciding.id == "sgr-0e"


def test_what_is_not_admitted_is_told_with_what_denies_it() -> None:
    found = reach(PLANS, LONE, DATABASE, TCP, 5432)
    assert not found.reached
    assert found.back == ()
    assert (found.deciding.admits, found.deciding.decider, found.deciding.id) == (
        False,
        Decider.SECURITY_GROUP,
        "sg-0b",
    )


def test_an_end_whose_reply_does_not_come_back_is_not_reached() -> None:
    """The private subnet's ACL lets no echo reply out to the public one."""
    plan = two_tiers()
    ping = replace(plan.groups["sg-0d"], ingress=plan.groups["sg-0a"].ingress)
    found = reach({VPC: replace(plan, groups={**plan.groups, "sg-0d": ping})}, WEB, LONE, ICMP)
    assert found.there[-1].to == LONE
    assert not found.reached
    assert (found.deciding.decider, found.deciding.id) == (Decider.NETWORK_ACL, "acl-0b")


def test_the_internet_reaches_a_public_address_and_is_reached() -> None:
    assert reach(PLANS, INTERNET, WEB, TCP, 443).reached
    assert not reach(PLANS, INTERNET, WEB, TCP, 80).reached
    assert reach(PLANS, WEB, FAR, TCP, 443).reached
    assert reach(PLANS, DATABASE, FAR, TCP, 443).reached
    assert reach(PLANS, INTERNET, address("127.20.0.1"), TCP, 443).there[0].to == WEB


def test_a_public_address_whose_subnet_has_no_way_back_is_not_reached() -> None:
    plan = with_route(PLANS[VPC], "rtb-0a", "0.0.0.0/0", Target(TargetKind.NAT_GATEWAY, "nat-0a"))
    found = reach({VPC: plan}, INTERNET, WEB, TCP, 443)
    assert found.there[-1].to == WEB
    assert not found.reached
    assert found.deciding.decider is Decider.FLOW


def test_a_flow_over_a_peering_connection_is_judged_in_both_vpcs() -> None:
    found = reach(PLANS, WEB, PEERED, TCP, 80)
    assert found.reached
    assert [(hop.vpc_id, hop.origin, hop.to) for hop in (*found.there, *found.back)] == [
        (VPC, WEB, "pcx-0a"),
        (PEER, "pcx-0a", PEERED),
        (PEER, PEERED, "pcx-0a"),
        (VPC, "pcx-0a", WEB),
    ]
    assert found.deciding.id == "sgr-15"
    assert not reach(PLANS, WEB, PEERED, TCP, 81).reached
    no_way_back = replace(PLANS[PEER], route_tables={"rtb-0c": replace(PLANS[PEER].route_tables["rtb-0c"], routes=())})
    found = reach({**PLANS, PEER: no_way_back}, WEB, PEERED, TCP, 80)
    assert not found.reached
    assert (found.deciding.decider, found.deciding.id) == (Decider.ROUTE, "rtb-0c")


def test_a_way_ends_at_an_instance_that_forwards() -> None:
    plan = PLANS[VPC]
    open_to_all = replace(plan.groups["sg-0b"], egress=plan.groups["sg-0c"].egress)
    plan = replace(plan, groups={**plan.groups, "sg-0b": open_to_all})
    found = reach({VPC: plan}, DATABASE, address("203.0.113.5"), TCP, 443)
    assert not found.reached
    assert (found.forwarded_by, found.there[-1].to) == (ROUTER_INSTANCE, ROUTER_INSTANCE)


def test_an_end_that_is_not_there_is_refused() -> None:
    with pytest.raises(NoSuchEnd, match="eni-0f"):
        reach(PLANS, "eni-0f", WEB, TCP, 80)
    with pytest.raises(NoSuchEnd, match="no public address"):
        reach(PLANS, INTERNET, DATABASE, TCP, 80)
    with pytest.raises(NoSuchEnd, match="no plan of vpc-0b"):
        reach({VPC: PLANS[VPC]}, WEB, address("10.9.0.10"), TCP, 80)


def test_an_address_of_the_vpc_is_an_end_as_its_interface_is() -> None:
    moved = with_interface(PLANS[VPC], LONE, live=False)
    assert reach({VPC: moved}, WEB, address("10.0.1.11"), TCP, 5432).reached
    assert not reach({VPC: moved}, WEB, address("10.0.1.20"), TCP, 5432).reached
    assert block("10.0.0.0/16") in moved.cidrs
