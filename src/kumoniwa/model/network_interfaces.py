"""Network interfaces."""

from datetime import datetime
from enum import StrEnum

from kumoniwa.values import dataclass

MOST_INDEX = 32
"""Device indexes are below it; no instance type takes so many interfaces."""


class InterfaceAttachment(StrEnum):
    """How far an interface's attachment to a running instance is."""

    ATTACHING = "attaching"
    ATTACHED = "attached"
    DETACHING = "detaching"


@dataclass(frozen=True, slots=True)
class NetworkInterface:
    """A network interface, and its attachment to an instance where it has one.

    Its public address is the instance's: it is lent at a start and given back at a stop.
    """

    id: str
    account: str
    region: str
    vpc_id: str
    subnet_id: str
    mac: str
    private_ip: str
    description: str
    source_dest_check: bool
    instance_id: str | None = None
    attachment_id: str | None = None
    device_index: int | None = None
    """0 for the primary one: the instance's own address and security groups are those of its primary interface."""
    attached_at: datetime | None = None
    delete_on_termination: bool = False
    attachment_state: InterfaceAttachment = InterfaceAttachment.ATTACHED
    """Of the attachment, where there is one."""
    kind: str = "interface"
    """Another word, such as `nat_gateway`, where a service of EC2 made it for itself."""
    tcp_established_timeout: int | None = None
    """Seconds, as the two that follow: for how long idle flows are to be remembered, where a caller said so."""
    udp_stream_timeout: int | None = None
    udp_timeout: int | None = None
    requester_id: str | None = None
    """The unique id of who made it, where a caller did: a launch and a service of EC2 leave it out."""


@dataclass(frozen=True, slots=True)
class SecondaryAddress:
    """A further private address of a network interface."""

    interface_id: str
    subnet_id: str
    private_ip: str
    position: int


@dataclass(frozen=True, slots=True)
class Ipv6Address:
    """An IPv6 address of a network interface."""

    interface_id: str
    subnet_id: str
    address: str
    position: int
    is_primary: bool = False
    """Whether it is the one that the interface keeps for good."""
