"""The addresses of instances: private ones from their subnet, public ones from this host's loopback network.

Addresses are drawn at random, and it is asked which of those drawn are taken: that costs the same however many are. A
public address is 127.<octet>.x.y. The octet is drawn once for each cloud, so that two clouds on one host
rarely meet; a cloud that has used it up goes on in the next. An instance that was stopped comes back with another
address, as on EC2.
"""

import secrets
from collections.abc import Callable, Collection
from functools import lru_cache, partial
from ipaddress import IPv4Network

from sqlalchemy import Connection

from kumoniwa.errors import Ec2Error
from kumoniwa.ids import drawn_below
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import facts

Taken = Callable[[Collection[str]], Collection[str]]
"""Gives which of some addresses are taken."""

_OCTET_FACT = "loopback octet"
_OCTETS = range(16, 240)  # away from 127.0.0.1 and from 127.0.1.1 and 127.0.0.53, which Debian and systemd use
_RESERVED_FIRST = 4  # EC2 keeps the network address and the next three (router, DNS, "future use") …
_RESERVED_LAST = 1  # … and the broadcast address
_PUBLIC_OF_AN_OCTET = 254 * 254
_DRAWS = 4  # of private ones, before all that a subnet has are asked for
_DRAWS_OF_A_PART = 1  # of public ones: there are parts after it
_BESIDES = 8  # drawn besides twice as many as are wanted: most draws find one also where nine of ten are taken
_MORE = 4  # times as many are drawn when too few of those drawn before were free


class NoAddressLeft(Ec2Error):
    """Every address that could be given is taken."""


def free_private(subnet: Subnet, count: int, taken: Taken) -> list[str]:
    """So many free addresses of a subnet, leaving out those that EC2 keeps. Raises `NoAddressLeft`."""
    first, capacity = _usable(subnet.cidr)

    def address(number: int) -> str:
        return _dotted(first + number)

    found = _drawn(count, capacity, address, taken, _DRAWS)
    if len(found) < count:  # it is nearly full, or small
        every = list(map(address, range(capacity)))
        not_free = {*taken(every), *found}
        found += [one for one in every if one not in not_free][: count - len(found)]
    if len(found) < count:
        raise NoAddressLeft(
            "InsufficientFreeAddressesInSubnet",
            f"There are not enough free addresses in subnet '{subnet.id}' to satisfy the requested number of "
            "instances.",
        )
    return found


def private_capacity(subnet: Subnet) -> int:
    """How many instances a subnet can hold at all."""
    return _usable(subnet.cidr)[1]


def usable_in(subnet: Subnet, block: IPv4Network) -> int:
    """How many of the addresses that a subnet can give are in a block."""
    first, capacity = _usable(subnet.cidr)
    of_block = int(block.network_address)
    return max(0, min(first + capacity, of_block + block.num_addresses) - max(first, of_block))


@lru_cache(maxsize=1024)
def _usable(cidr: str) -> tuple[int, int]:
    """The first address of a block that is given, and how many there are."""
    block = IPv4Network(cidr)
    usable = block.num_addresses - _RESERVED_FIRST - _RESERVED_LAST
    return int(block.network_address) + _RESERVED_FIRST, max(0, usable)


def free_public(octet: int, count: int, taken: Taken) -> list[str]:
    """So many free addresses, of this cloud's part of 127.0.0.0/8 and the parts after it. Raises `NoAddressLeft`."""
    found: list[str] = []
    for part in range(len(_OCTETS)):
        at = _OCTETS[(octet - _OCTETS.start + part) % len(_OCTETS)]
        found += _drawn(count - len(found), _PUBLIC_OF_AN_OCTET, partial(_public, at), taken, _DRAWS_OF_A_PART)
        if len(found) == count:
            return found
    raise NoAddressLeft("InsufficientAddressCapacity", "Every address of this host's loopback network is taken.")


def _dotted(address: int) -> str:
    """An address as it is written: `10.0.0.4`."""
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


def _public(octet: int, number: int) -> str:
    third, fourth = divmod(number, 254)
    return f"127.{octet}.{third + 1}.{fourth + 1}"


def _drawn(count: int, capacity: int, address: Callable[[int], str], taken: Taken, draws: int) -> list[str]:
    """Up to so many free ones of this many addresses, drawn at random: fewer where most are taken."""
    found: dict[str, None] = {}
    for times in range(draws):
        if capacity <= 0 or len(found) >= count:
            break
        wanted = min((2 * (count - len(found)) + _BESIDES) * _MORE**times, capacity)
        drawn = dict.fromkeys(address(drawn_below(capacity)) for _ in range(wanted))
        not_free = taken(drawn.keys())
        found.update((one, None) for one in drawn if one not in not_free)
    return list(found)[:count]


def cloud_octet(connection: Connection) -> int:
    """This cloud's part of 127.0.0.0/8. The first time it is drawn and kept: that needs a writing connection."""
    known: int | None = facts.get(connection, _OCTET_FACT)
    if known is None:
        known = secrets.choice(_OCTETS)
        facts.put(connection, _OCTET_FACT, known)
    return known
