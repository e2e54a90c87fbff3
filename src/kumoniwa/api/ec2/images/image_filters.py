"""What DescribeImages can filter images by."""

from kumoniwa.api.ec2.images.image_output import DescribedImage, creation_date, device_size, is_encrypted, location
from kumoniwa.api.filters import Values, never, present, truth
from kumoniwa.model.images import ImageState
from kumoniwa.store.selection import Selection, boolean, other_text, text
from kumoniwa.store.tables import images as tables

_OWN = tables.images.c

IMAGES = Selection(
    tables.images,
    order=(_OWN.created_at, _OWN.id),
    comparisons={
        "architecture": text(_OWN.architecture),
        "block-device-mapping.snapshot-id": other_text(
            tables.image_devices.c.image_id, tables.image_devices.c.snapshot_id
        ),
        "boot-mode": text(_OWN.boot_mode),
        "description": text(_OWN.description),
        "ena-support": boolean(_OWN.ena_support),
        "image-id": text(_OWN.id),
        "name": text(_OWN.name),
        "owner-id": text(_OWN.account),
        "root-device-name": text(_OWN.root_device_name),
        "source-image-id": text(_OWN.source_image_id),
        "source-instance-id": text(_OWN.source_instance_id),
        "state": text(_OWN.state),
        "state-reason-code": text(_OWN.state_reason_code),
    },
    resource_type="image",
    where=(_OWN.state != ImageState.DEREGISTERED,),
)
"""How the database finds, orders and filters images."""

FILTERS: dict[str, Values[DescribedImage]] = {
    "architecture": lambda one: (one.image.architecture,),
    "block-device-mapping.delete-on-termination": lambda one: [
        word for device in one.devices if device.virtual_name is None for word in truth(device.delete_on_termination)
    ],
    "block-device-mapping.device-name": lambda one: [device.device for device in one.devices],
    "block-device-mapping.encrypted": lambda one: [
        word
        for device in one.devices
        if device.virtual_name is None
        for word in truth(is_encrypted(device, one.snapshots))
    ],
    "block-device-mapping.snapshot-id": lambda one: present(*(device.snapshot_id for device in one.devices)),
    "block-device-mapping.volume-size": lambda one: present(
        *(device_size(device, one.snapshots) for device in one.devices)
    ),
    "block-device-mapping.volume-type": lambda one: [
        device.volume_type for device in one.devices if device.virtual_name is None
    ],
    "boot-mode": lambda one: present(one.image.boot_mode),
    "creation-date": lambda one: (creation_date(one.image),),
    "description": lambda one: present(one.image.description),
    "ena-support": lambda one: truth(one.image.ena_support),
    "hypervisor": lambda one: ("xen",),
    "image-id": lambda one: (one.image.id,),
    "image-type": lambda one: ("machine",),
    "is-public": lambda one: truth(one.public),
    "manifest-location": lambda one: (location(one.image),),
    "name": lambda one: (one.image.name,),
    "owner-id": lambda one: (one.image.account,),
    "root-device-name": lambda one: (one.image.root_device_name,),
    "root-device-type": lambda one: ("ebs",),
    "source-image-id": lambda one: present(one.image.source_image_id),
    "source-image-region": lambda one: present(one.source_region),
    "source-instance-id": lambda one: present(one.image.source_instance_id),
    "sriov-net-support": lambda one: ("simple",),
    "state": lambda one: (one.image.state,),
    "state-reason-code": lambda one: present(one.image.state_reason_code),
    "state-reason-message": lambda one: present(one.image.state_reason_message),
    "virtualization-type": lambda one: ("hvm",),
    **never(
        "free-tier-eligible",
        "image-allowed",
        "image-watermark.source-image-creation-time",
        "image-watermark.source-image-id",
        "image-watermark.source-image-region",
        "image-watermark.watermark-creation-time",
        "image-watermark.watermark-key",
        "instance-type-specification.supported-instance-type",
        "instance-type-specification.unsupported-instance-type",
        "kernel-id",
        "owner-alias",
        "platform",
        "product-code",
        "product-code.type",
        "public-ssm-parameter-name",
        "ramdisk-id",
        "scan-result.critical-fix-available-since",
        "scan-result.finding-scan-date",
        "scan-result.high-fix-available-since",
        "scan-result.highest-finding-severity-label",
        "scan-result.informational-fix-available-since",
        "scan-result.low-fix-available-since",
        "scan-result.medium-fix-available-since",
    ),
}
