"""The names of devices at which volumes are attached."""

import re
from collections.abc import Sequence

from kumoniwa.errors import InvalidBlockDeviceMapping

MOST_VOLUMES = 27  # EC2's limit of attachments on most Nitro types, without the network interface
# Those of HVM instances, after EC2's user guide (device_naming): no number behind a name but that of the root device,
# and no sda without it. sda2 is taken too: cloudbridge's own tests attach a volume there on AWS.
_DEVICE = re.compile(r"(/dev/)?(sda[12]|sd[b-z]|xvd[a-z]|xvd[a-d][a-z])\Z")


def named_once(name: str | None, names: Sequence[str | None]) -> str:
    """The name of a device that is mapped, where `names` are all that a request maps. Raises EC2's refusals."""
    if not name:
        raise InvalidBlockDeviceMapping("Missing device name")
    if names.count(name) > 1:
        raise InvalidBlockDeviceMapping(f"{name} is being assigned to multiple times.")
    return name


def is_device_name(name: str) -> bool:
    """Whether EC2 takes this as the name of a device."""
    return _DEVICE.match(name) is not None
