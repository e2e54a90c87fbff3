"""Addresses that instances get."""

from collections.abc import Collection
from ipaddress import IPv4Network

import pytest

from kumoniwa.model.vpcs import Subnet
from kumoniwa.network.addresses import NoAddressLeft, Taken, free_private, free_public, private_capacity

SMALL = Subnet(
    "subnet-1",
    "123456789012",
    "us-east-1",
    "vpc-1",
    "us-east-1a",
    "use1-az1",
    "10.0.0.0/28",
    False,
    True,
    "acl-1",
    "aa",
)


def taken(those: set[str]) -> Taken:
    return lambda asked: those.intersection(asked)


def test_the_first_four_and_the_last_address_of_a_subnet_are_kept_back() -> None:
    given: set[str] = set()
    for _ in range(private_capacity(SMALL)):
        given.update(free_private(SMALL, 1, taken(given)))
    assert given == {f"10.0.0.{host}" for host in range(4, 15)}
    with pytest.raises(NoAddressLeft, match="subnet-1"):
        free_private(SMALL, 1, taken(given))


def test_many_private_addresses_are_given_at_once_or_none() -> None:
    capacity = private_capacity(SMALL)
    assert set(free_private(SMALL, capacity, taken(set()))) == {f"10.0.0.{host}" for host in range(4, 15)}
    with pytest.raises(NoAddressLeft, match="subnet-1"):
        free_private(SMALL, capacity, taken({"10.0.0.4"}))


def test_few_addresses_are_asked_for_however_many_are_taken() -> None:
    half = {f"127.77.{third}.{fourth}" for third in range(1, 255) for fourth in range(1, 255, 2)}
    asked: list[int] = []

    def counted(those: Collection[str]) -> Collection[str]:
        asked.append(len(those))
        return half.intersection(those)

    assert half.isdisjoint(free_public(77, 100, counted))
    assert sum(asked) < 1000


def test_a_public_address_is_of_the_clouds_own_part_and_not_taken() -> None:
    given: set[str] = set()
    for address in free_public(77, 500, taken(given)):
        assert address not in given
        assert address in map(str, IPv4Network(f"{address}/32"))
        first, octet, third, fourth = map(int, address.split("."))
        assert (first, octet) == (127, 77)
        assert third not in (0, 255)
        assert fourth not in (0, 255)
        given.add(address)


def test_a_cloud_that_has_used_up_its_part_goes_on_in_the_next() -> None:
    full = {f"127.239.{third}.{fourth}" for third in range(1, 255) for fourth in range(1, 255)}
    [address] = free_public(239, 1, taken(full))
    assert address.startswith("127.16.")


def test_no_public_address_is_left_when_all_are_taken() -> None:
    with pytest.raises(NoAddressLeft):
        free_public(77, 1, lambda asked: asked)
