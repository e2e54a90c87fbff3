"""The volumes of a launch: what the image brings, changed and completed by the request's block device mapping."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.images.block_device_mappings import (
    LaunchDevice,
    as_provisioned,
    changed_device,
    checked_device,
    checked_name,
    is_instance_store,
)
from kumoniwa.api.ec2.volumes.device_names import MOST_VOLUMES
from kumoniwa.api.ec2.volumes.volume_types import check_bootable
from kumoniwa.errors import AttachmentLimitExceeded, InvalidBlockDeviceMapping, MissingParameter
from kumoniwa.model.images import Image, ImageDevice


def launch_devices(
    connection: Connection,
    call: Call,
    image: Image,
    devices: Iterable[ImageDevice],
    mappings: Sequence[Mapping[str, Any]],
) -> list[LaunchDevice]:
    """The volumes that a launch makes, the root first. Raises EC2's refusals."""
    wanted = {device.device: as_provisioned(device) for device in devices if device.virtual_name is None}
    for mapping in mappings:
        name = checked_name(mapping, [m.get("DeviceName") for m in mappings])
        virtual = is_instance_store(mapping)
        if mapping.get("NoDevice") is not None or virtual:
            # Instance-store mappings are accepted and come to nothing, as on EC2's EBS-only types.
            if name == image.root_device_name:
                raise InvalidBlockDeviceMapping(
                    f"The root device '{name}' cannot be {'instance store' if virtual else 'suppressed'}."
                )
            wanted.pop(name, None)
        elif (ebs := mapping.get("Ebs")) is not None:
            wanted[name] = changed_device(wanted.get(name), name, image.id, ebs)
        else:
            raise MissingParameter("ebs")
    if image.root_device_name not in wanted:
        raise InvalidBlockDeviceMapping(f"The root device '{image.root_device_name}' must be mapped to a snapshot.")
    check_bootable(wanted[image.root_device_name].volume_type)
    if len(wanted) > MOST_VOLUMES:
        raise AttachmentLimitExceeded(MOST_VOLUMES)
    made = [checked_device(connection, call, device) for device in wanted.values()]
    return sorted(made, key=lambda device: device.device != image.root_device_name)
