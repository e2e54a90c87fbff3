"""Addresses that instances get."""

from ipaddress import IPv4Network

import pytest

from kumoniwa.model.vpcs import Subnet
from kumoniwa.network.addresses import NoAddressLeft, free_private, free_public, private_capacity

SMALL = Subnet("subnet-1", "123456789012", "us-east-1", "vpc-1", "us-east-1a", "use1-az1", "10.0.0.0/28", False, True)


def test_the_first_four_and_the_last_address_of_a_subnet_are_kept_back() -> None:
    taken: set[str] = set()
    for _ in range(private_capacity(SMALL)):
        taken.add(free_private(SMALL, taken))
    assert taken == {f"10.0.0.{host}" for host in range(4, 15)}
    with pytest.raises(NoAddressLeft, match="subnet-1"):
        free_private(SMALL, taken)


def test_a_public_address_is_of_the_clouds_own_part_and_not_taken() -> None:
    taken: set[str] = set()
    for _ in range(500):
        address = free_public(77, taken)
        assert address not in taken
        assert address in map(str, IPv4Network(f"{address}/32"))
        first, octet, third, fourth = map(int, address.split("."))
        assert (first, octet) == (127, 77)
        assert third not in (0, 255)
        assert fourth not in (0, 255)
        taken.add(address)


def test_no_public_address_is_left_when_all_are_taken() -> None:
    every = {f"127.77.{third}.{fourth}" for third in range(1, 255) for fourth in range(1, 255)}
    last = every.pop()
    assert free_public(77, every) == last
    with pytest.raises(NoAddressLeft):
        free_public(77, every | {last})
