"""The names of devices at which volumes are attached."""

import re

MOST_VOLUMES = 27  # EC2's limit of attachments on most Nitro types, without the network interface
_DISK = r"(sda([1-9]|1[0-5])|sd[b-z]([1-9]|1[0-5])?|xvd[a-z]{1,2}([1-9]|1[0-5])?)"  # EC2 takes no sda without a number
_DEVICE = re.compile(rf"(/dev/)?{_DISK}\Z")


def is_device_name(name: str) -> bool:
    """Whether EC2 takes this as the name of a device."""
    return _DEVICE.match(name) is not None
