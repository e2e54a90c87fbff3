"""Protocols in network ACLs: kept and shown by number, taken by the names of the three that have ports or types too."""

import re

from kumoniwa.api.ec2.network.new_vpc import ALL_PROTOCOLS
from kumoniwa.errors import InvalidParameterValue

TCP, UDP, ICMP, ICMP_V6 = "6", "17", "1", "58"
_NAMES = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": ICMP_V6, "all": ALL_PROTOCOLS}
_NUMBER = re.compile(r"[0-9]{1,3}")
_LAST = 255


def protocol_number(text: str) -> str:
    """A protocol as entries keep it. Raises EC2's refusal."""
    known = _NAMES.get(text.lower(), text)
    if known == ALL_PROTOCOLS or (_NUMBER.fullmatch(known) and int(known) <= _LAST):
        return known if known == ALL_PROTOCOLS else str(int(known))
    raise InvalidParameterValue(f"Invalid value '{text[:200]}' for IP protocol. Unknown protocol.")


def protocol_names(number: str) -> list[str]:
    """By what filters find a protocol."""
    return [number, *(name for name, known in _NAMES.items() if known == number)]
