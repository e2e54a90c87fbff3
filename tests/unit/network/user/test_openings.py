"""What rules open on this host."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.model.security_groups import SecurityGroupRule
from kumoniwa.network.user.openings import MOST, MOST_OF_NARROW, NARROW, Opening, openings


def rule(protocol: str, first: int, last: int, cidr: str | None = "0.0.0.0/0", **others: Any) -> SecurityGroupRule:
    return SecurityGroupRule(
        id="sgr-1",
        group_id="sg-1",
        account="123456789012",
        region="us-east-1",
        protocol=protocol,
        from_port=first,
        to_port=last,
        cidr_ipv4=cidr,
        **{"egress": False, **others},
    )


def test_a_port_that_may_be_bound_is_reached_as_itself() -> None:
    assert openings([rule("tcp", 22, 22)], lowest_port=0) == (Opening("tcp", 22, 22),)
    assert openings([rule("udp", 5000, 5000)], lowest_port=1024) == (Opening("udp", 5000, 5000),)


def test_a_lower_port_is_reached_above_the_lowest_one() -> None:
    assert openings([rule("tcp", 22, 22)], lowest_port=1024) == (Opening("tcp", 22, 1046),)


def test_a_high_port_that_is_reached_directly_is_not_taken_from_it() -> None:
    assert openings([rule("tcp", 22, 22), rule("tcp", 1046, 1046)], lowest_port=1024) == (
        Opening("tcp", 22, 1047),
        Opening("tcp", 1046, 1046),
    )


@pytest.mark.parametrize(
    "closed",
    [
        rule("tcp", 22, 22, "203.0.113.5/32"),
        rule("tcp", 22, 22, "10.0.0.0/8"),
        rule("tcp", 22, 22, None, source_group_id="sg-2"),
        rule("tcp", 22, 22, None, cidr_ipv6="::/0"),
        rule("tcp", 22, 22, None, prefix_list_id="pl-1"),
        rule("tcp", 22, 22, egress=True),
        rule("icmp", -1, -1),
        rule("50", -1, -1),
    ],
)
def test_what_admits_nobody_on_this_host_opens_nothing(closed: SecurityGroupRule) -> None:
    assert openings([closed], lowest_port=0) == ()


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "127.0.0.0/8", "127.0.0.1/32", "0.0.0.0/1"])
def test_a_block_that_this_host_lies_in_opens(cidr: str) -> None:
    assert openings([rule("tcp", 22, 22, cidr)], lowest_port=0) == (Opening("tcp", 22, 22),)


def test_a_narrow_range_is_opened_whole() -> None:
    opened = openings([rule("tcp", 9000, 9000 + NARROW - 1)], lowest_port=1024)
    assert [one.guest_port for one in opened] == list(range(9000, 9000 + NARROW))


def test_a_very_wide_range_opens_the_well_known_services_and_a_bounded_rest() -> None:
    opened = openings([rule("tcp", 0, 65535)], lowest_port=0)
    assert len(opened) == MOST
    assert {22, 80, 443, 3306, 3389, 5432, 6379, 8000, 8080, 8443, 9090} <= {one.guest_port for one in opened}


def test_a_wide_range_leaves_room_to_the_narrow_ones() -> None:
    narrow = rule("tcp", 7000, 7020)
    opened = openings([rule("-1", -1, -1), narrow], lowest_port=1024)
    assert len(opened) == MOST
    assert set(range(7000, 7021)) <= {one.guest_port for one in opened}


def test_many_narrow_rules_cannot_use_up_the_host() -> None:
    many = [rule("tcp", 2000 + 32 * number, 2000 + 32 * number + 31) for number in range(60)]
    assert len(openings(many, lowest_port=1024)) == MOST_OF_NARROW


ranges = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(sorted)
rules = st.lists(
    st.builds(
        lambda protocol, ends, cidr: rule(protocol, ends[0], ends[1], cidr),
        st.sampled_from(["tcp", "udp", "-1", "icmp"]),
        ranges,
        st.sampled_from(["0.0.0.0/0", "127.0.0.0/8", "198.51.100.0/24"]),
    ),
    max_size=6,
)


@given(rules=rules, lowest_port=st.sampled_from([0, 80, 1024, 32768, 60000]))
def test_no_two_openings_share_a_port_and_all_may_be_bound(rules: list[SecurityGroupRule], lowest_port: int) -> None:
    opened = openings(rules, lowest_port=lowest_port)
    assert len({(one.protocol, one.host_port) for one in opened}) == len(opened)
    assert len({(one.protocol, one.guest_port) for one in opened}) == len(opened)
    for one in opened:
        assert lowest_port <= one.host_port <= 65535
        assert one.host_port == one.guest_port or one.guest_port < lowest_port
        assert any(
            each.cidr_ipv4 != "198.51.100.0/24"
            and (each.protocol == "-1" or (each.protocol == one.protocol and each.from_port <= one.guest_port))
            for each in rules
        )
    assert openings(reversed(rules), lowest_port=lowest_port) == opened
