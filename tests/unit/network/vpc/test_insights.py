"""What an analysis of a path finds: each component on the way, or the code of what is in the way."""

from ipaddress import IPv4Address

from two_tiers import (
    DATABASE,
    LONE,
    PEER,
    PEERED,
    ROUTER_INSTANCE,
    VPC,
    WEB,
    peer,
    two_tiers,
    with_interface,
    with_route,
)

from kumoniwa.network.vpc.insights import Asked, Finding, analyzed
from kumoniwa.network.vpc.plan import TCP, Plan, Target, TargetKind
from kumoniwa.network.vpc.verdicts import INTERNET

FAR = IPv4Address("93.184.216.34")


def _asked(plan: Plan, start: str, *ends: str, port: int | None = 443, address: IPv4Address | None = None) -> Finding:
    asked = Asked(start=start, ends=ends, protocol=TCP, address=address, port=port)
    return analyzed({VPC: plan, PEER: peer()}, asked)


def _ids(found: Finding, way: str = "ForwardPathComponents") -> list[str]:
    assert found.found
    return [one["Component"]["Id"] for one in found.result[way]]


def _why(found: Finding) -> dict[str, object]:
    assert not found.found
    (why,) = found.result["Explanations"]
    shown: dict[str, object] = why
    return shown


def test_the_way_by_a_nat_gateway_names_both_route_tables_and_ends_at_the_internet_gateway() -> None:
    found = _asked(two_tiers(), DATABASE, address=FAR)
    ids = _ids(found)
    assert ids[0] == DATABASE and ids[-1] == "igw-0a"
    assert {"rtb-0a", "rtb-0b", "nat-0a"} <= set(ids)
    assert [one["SequenceNumber"] for one in found.result["ForwardPathComponents"]] == list(range(1, len(ids) + 1))
    assert _ids(found, "ReturnPathComponents")[-1] == DATABASE


def test_a_group_that_a_rule_names_is_shown_with_it() -> None:
    found = _asked(two_tiers(), WEB, DATABASE, port=5432)
    (rule,) = [
        one["SecurityGroupRule"] for one in found.result["ForwardPathComponents"] if one["Component"]["Id"] == "sg-0b"
    ]
    assert (rule["SecurityGroupId"], rule["Direction"]) == ("sg-0a", "ingress")
    assert rule["PortRange"] == {"From": 5432, "To": 5432}


def test_without_a_port_one_that_the_groups_admit_is_found() -> None:
    found = _asked(two_tiers(), WEB, DATABASE, port=None)
    header = found.result["ForwardPathComponents"][0]["OutboundHeader"]
    assert header["DestinationPortRanges"] == [{"From": 5432, "To": 5432}]
    assert header["SourceAddresses"] == ["10.0.0.10/32"]


def test_a_group_without_a_rule_for_it_is_explained_with_the_interface() -> None:
    why = _why(_asked(two_tiers(), LONE, DATABASE, port=5432))
    assert (why["ExplanationCode"], why["Direction"]) == ("ENI_SG_RULES_MISMATCH", "ingress")
    assert (why["NetworkInterface"], why["Vpc"]) == ({"Id": DATABASE}, {"Id": VPC})


def test_the_internet_comes_to_no_interface_without_a_public_address() -> None:
    why = _why(_asked(two_tiers(), INTERNET, DATABASE))
    assert why["ExplanationCode"] == "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"


def test_an_address_that_no_instance_has_is_explained_by_where_the_packet_comes_from() -> None:
    unused = IPv4Address("10.0.1.99")
    assert _why(_asked(two_tiers(), WEB, address=unused))["ExplanationCode"] == "NO_POSSIBLE_DESTINATION"
    refused = _why(_asked(two_tiers(), INTERNET, DATABASE, address=IPv4Address("10.0.1.10")))
    assert refused["ExplanationCode"] == "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"


def test_what_a_gateway_does_not_translate_is_explained() -> None:
    plan = with_route(two_tiers(), "rtb-0a", "0.0.0.0/0", Target(TargetKind.INTERNET_GATEWAY, "igw-0a"))
    why = _why(_asked(plan, ROUTER_INSTANCE, address=FAR))
    assert why["ExplanationCode"] == "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"


def test_a_blackhole_is_a_route_in_a_bad_state() -> None:
    plan = with_route(two_tiers(), "rtb-0b", "93.184.216.0/24", Target(TargetKind.BLACKHOLE, "nat-0f"))
    why = _why(_asked(plan, DATABASE, address=FAR))
    assert why["ExplanationCode"] == "BAD_STATE_ROUTE"
    assert why["RouteTableRoute"]["State"] == "blackhole"  # type: ignore[index]
    assert why["RouteTableRoute"]["NatGatewayId"] == "nat-0f"  # type: ignore[index]


def test_an_interface_that_no_instance_has_is_in_a_bad_state() -> None:
    plan = with_interface(two_tiers(), WEB, live=False)
    assert _why(_asked(plan, WEB, address=FAR))["ExplanationCode"] == "BAD_STATE"


def test_the_peering_connection_is_on_the_way_once_and_the_port_is_the_one_that_is_admitted() -> None:
    found = _asked(two_tiers(), WEB, PEERED, port=None)
    assert _ids(found).count("pcx-0a") == 1
    assert _ids(found)[-1] == PEERED
    header = found.result["ForwardPathComponents"][0]["OutboundHeader"]
    assert header["DestinationPortRanges"] == [{"From": 80, "To": 80}]
    assert _why(_asked(two_tiers(), WEB, PEERED, port=81))["Vpc"] == {"Id": PEER}
