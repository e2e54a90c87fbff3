"""DHCP options as EC2 describes them."""

from collections.abc import Mapping
from typing import Any

from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.model.dhcp_options import DhcpOptions


def options_output(options: DhcpOptions, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """DHCP options under EC2's member names."""
    return {
        "DhcpOptionsId": options.id,
        "OwnerId": options.account,
        "DhcpConfigurations": [
            {"Key": key, "Values": [{"Value": value} for value in values]} for key, values in options.options.items()
        ],
        "Tags": tag_set(tags) or [],  # EC2 writes an empty tagSet here
    }
