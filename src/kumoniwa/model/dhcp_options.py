"""DHCP options."""

from collections.abc import Mapping, Sequence

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class DhcpOptions:
    """What the guests of a VPC are given by DHCP beside their addresses: `{"domain-name": ["ec2.internal"]}`."""

    id: str
    account: str
    region: str
    options: Mapping[str, Sequence[str]]
