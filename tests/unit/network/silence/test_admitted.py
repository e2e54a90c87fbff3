"""What rules admit at a public address, as ports of this host."""

import pytest

from kumoniwa.model.security_groups import SecurityGroupRule
from kumoniwa.network.silence.admitted import Admitted, of_rules, shut_well_known


def rule(protocol: str, first: int, last: int, cidr: str = "0.0.0.0/0", *, egress: bool = False) -> SecurityGroupRule:
    return SecurityGroupRule("sgr-1", "sg-1", "1", "us-east-1", egress, protocol, first, last, cidr)


def test_ranges_that_meet_are_joined_and_protocols_stay_apart() -> None:
    rules = [rule("tcp", 80, 90), rule("tcp", 91, 95), rule("tcp", 85, 86), rule("tcp", 97, 97), rule("udp", 80, 80)]
    assert of_rules(rules, lowest_port=0).ports == (("tcp", 80, 95), ("tcp", 97, 97), ("udp", 80, 80))


def test_a_wide_rule_admits_more_than_is_open() -> None:
    assert of_rules([rule("-1", -1, -1)], lowest_port=0) == Admitted((("tcp", 1, 65535), ("udp", 1, 65535)), echo=True)


def test_who_does_not_come_from_this_host_is_not_admitted() -> None:
    assert of_rules([rule("tcp", 22, 22, "203.0.113.0/24"), rule("tcp", 22, 22, egress=True)], lowest_port=0) == (
        Admitted()
    )


def test_a_port_that_this_host_cannot_open_is_admitted_at_its_stand_in_too() -> None:
    assert of_rules([rule("tcp", 22, 22)], lowest_port=1024).ports == (("tcp", 22, 22), ("tcp", 1046, 1046))


@pytest.mark.parametrize(
    ("ping", "admitted"),
    [
        (rule("icmp", 8, -1), True),
        (rule("icmp", 8, 0), True),
        (rule("icmp", -1, -1), True),
        (rule("-1", -1, -1), True),
        (rule("icmp", 0, -1), False),
        (rule("icmp", 3, 4), False),
        (rule("tcp", 8, 8), False),
        (rule("icmp", 8, -1, "10.0.0.0/8"), False),
    ],
)
def test_a_ping_is_admitted_by_rules_of_icmp(ping: SecurityGroupRule, *, admitted: bool) -> None:
    assert of_rules([ping], lowest_port=0).echo is admitted


def test_well_known_ports_are_shut_but_those_that_are_admitted() -> None:
    every = shut_well_known(None, lowest_port=0)
    assert (len(every), every[:3]) == (18, [22, 80, 443])
    admitted = of_rules([rule("tcp", 22, 80), rule("udp", 443, 443)], lowest_port=0)
    assert shut_well_known(admitted, lowest_port=0) == [port for port in every if port not in (22, 80)]
    stood_for = shut_well_known(of_rules([rule("tcp", 22, 22)], lowest_port=1024), lowest_port=1024)
    assert stood_for[:3] == [1104, 1467, 8080], "80 and 443 are reached at 1104 and 1467, and 22 is admitted"
