"""How long idle flows of a network interface are remembered: checked, and shown. They are records.

Ranges: the API reference, ConnectionTrackingSpecificationRequest.
"""

from collections.abc import Mapping
from typing import Any

from kumoniwa.errors import InvalidParameterValue
from kumoniwa.model.network_interfaces import NetworkInterface

TRACKING_IS_RECORDED = "The timeouts of connection tracking are stored and shown, without effect."
_TIMEOUTS = {
    "TcpEstablishedTimeout": ("tcp_established_timeout", range(60, 432_001)),
    "UdpStreamTimeout": ("udp_stream_timeout", range(60, 181)),
    "UdpTimeout": ("udp_timeout", range(30, 61)),
}
"""By member: the column, and the seconds that it may be."""


def asked_tracking(specification: Mapping[str, int] | None) -> dict[str, Any]:
    """The columns that a request wants to have other values. Raises EC2's refusal of a timeout out of its range."""
    columns: dict[str, Any] = {}
    for member, (column, seconds) in _TIMEOUTS.items():
        if (asked := (specification or {}).get(member)) is None:
            continue
        if asked not in seconds:
            raise InvalidParameterValue(f"Value ({asked}) for parameter {member[0].lower()}{member[1:]} is invalid.")
        columns[column] = asked
    return columns


def tracking_output(interface: NetworkInterface) -> dict[str, Any] | None:
    """The timeouts that were asked for, under EC2's member names; None where none was."""
    found = {member: getattr(interface, column) for member, (column, _) in _TIMEOUTS.items()}
    return found if any(value is not None for value in found.values()) else None
