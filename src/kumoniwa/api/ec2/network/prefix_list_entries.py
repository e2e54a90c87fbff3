"""The entries of managed prefix lists in requests, read and checked. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from kumoniwa.api.ec2.network.cidr_blocks import ipv4_block, ipv6_block
from kumoniwa.errors import InvalidParameterValue

_MOST_AT_ONCE = 100
_LONGEST_DESCRIPTION = 255


def entries_asked_for(asked: Sequence[Mapping[str, Any]], *, ipv6: bool) -> dict[str, str | None]:
    """The blocks that a request names, in their canonical form, each with its description. Raises EC2's refusals."""
    if len(asked) > _MOST_AT_ONCE:
        raise InvalidParameterValue(f"The number of entries per request cannot exceeds limit ({_MOST_AT_ONCE}).")
    found: dict[str, str | None] = {}
    for entry in asked:
        block = str((ipv6_block if ipv6 else ipv4_block)(entry["Cidr"], "cidr"))
        if block in found:
            raise InvalidParameterValue(f"Request cannot contain Cidr {block} more than once")
        description = entry.get("Description")
        if description is not None and len(description) > _LONGEST_DESCRIPTION:
            raise InvalidParameterValue(f"The description of an entry has {_LONGEST_DESCRIPTION} characters at most.")
        found[block] = description or None
    return found
