"""Elastic IP addresses."""

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class ElasticIp:
    """An address that an account keeps, and the private address of a network interface that it leads to, if any."""

    id: str
    """Its allocation's."""
    account: str
    region: str
    public_ip: str
    association_id: str | None = None
    interface_id: str | None = None
    private_ip: str | None = None
    ptr_record: str | None = None
    """Its name in reverse DNS, with the dot at its end."""
