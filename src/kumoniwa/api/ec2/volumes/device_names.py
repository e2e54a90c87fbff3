"""The names of devices at which volumes are attached."""

import re

MOST_VOLUMES = 27  # EC2's limit of attachments on most Nitro types, without the network interface
# Those of HVM instances, after EC2's user guide (device_naming): no number behind a name but that of the root device,
# and no sda without it.
_DEVICE = re.compile(r"(/dev/)?(sda1|sd[b-z]|xvd[a-z]|xvd[a-d][a-z])\Z")


def is_device_name(name: str) -> bool:
    """Whether EC2 takes this as the name of a device."""
    return _DEVICE.match(name) is not None
