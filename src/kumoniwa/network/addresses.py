"""The addresses of instances: private ones from their subnet, public ones from this host's loopback network.

An instance's public address is 127.<octet>.x.y. The octet is drawn once for each cloud, so that two clouds on one host
rarely meet; x and y are drawn anew each time, so that an instance that was stopped comes back with another address, as
on EC2.
"""

import secrets
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network

from sqlalchemy import Connection

from kumoniwa.errors import Ec2Error
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import facts

_OCTET_FACT = "loopback octet"
_OCTETS = range(16, 240)  # away from 127.0.0.1 and from 127.0.1.1 and 127.0.0.53, which Debian and systemd use
_RESERVED_FIRST = 4  # EC2 keeps the network address and the next three (router, DNS, "future use") …
_RESERVED_LAST = 1  # … and the broadcast address


class NoAddressLeft(Ec2Error):
    """Every address that could be given is taken."""


def free_private(subnet: Subnet, taken: Collection[str]) -> str:
    """The first free address of a subnet, leaving out those that EC2 keeps. Raises `NoAddressLeft`."""
    network = IPv4Network(subnet.cidr)
    for host in range(_RESERVED_FIRST, network.num_addresses - _RESERVED_LAST):
        address = str(network[host])
        if address not in taken:
            return address
    raise NoAddressLeft(
        "InsufficientFreeAddressesInSubnet",
        f"There are not enough free addresses in subnet '{subnet.id}' to satisfy the requested number of instances.",
    )


def private_capacity(subnet: Subnet) -> int:
    """How many instances a subnet can hold at all."""
    return max(0, IPv4Network(subnet.cidr).num_addresses - _RESERVED_FIRST - _RESERVED_LAST)


def free_public(octet: int, taken: Collection[str]) -> str:
    """A free address of this cloud's part of 127.0.0.0/8, drawn at random. Raises `NoAddressLeft`."""
    start = secrets.randbelow(254 * 254)
    for offset in range(254 * 254):
        third, fourth = divmod((start + offset) % (254 * 254), 254)
        address = str(IPv4Address(bytes((127, octet, third + 1, fourth + 1))))
        if address not in taken:
            return address
    raise NoAddressLeft("InsufficientAddressCapacity", f"Every address of 127.{octet}.0.0/16 is taken.")


def cloud_octet(connection: Connection) -> int:
    """This cloud's part of 127.0.0.0/8. The first time it is drawn and kept: that needs a writing connection."""
    known: int | None = facts.get(connection, _OCTET_FACT)
    if known is None:
        known = secrets.choice(_OCTETS)
        facts.put(connection, _OCTET_FACT, known)
    return known
