"""A port of this host that is to lead to a guest that is alone."""

from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import Any, NamedTuple, Self

from kumoniwa.network.doors import Door


class LonePort(NamedTuple):
    """See above. `protocol`: `tcp` or `udp`."""

    protocol: str
    host_address: IPv4Address
    host_port: int
    guest_address: IPv4Address
    guest_port: int

    @property
    def host(self) -> tuple[IPv4Address, int]:
        """Its place on the host."""
        return self.host_address, self.host_port

    @property
    def guest(self) -> tuple[IPv4Address, int]:
        """Its place in the guest."""
        return self.guest_address, self.guest_port

    @property
    def door(self) -> Door:
        """Where the guest is asked whether it listens."""
        return str(self.guest_address), self.guest_port

    @property
    def as_json(self) -> list[str | int]:
        """Its fields, as a request has them."""
        return [self.protocol, str(self.host_address), self.host_port, str(self.guest_address), self.guest_port]

    @classmethod
    def of(cls, fields: Sequence[Any]) -> Self:
        """The port of a request."""
        protocol, host, host_port, guest, guest_port = fields
        return cls(protocol, IPv4Address(host), host_port, IPv4Address(guest), guest_port)
