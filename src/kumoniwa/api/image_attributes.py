"""DescribeImageAttribute and DescribeSnapshotAttribute: who else may use them, and what listings hide."""

from typing import Any

from kumoniwa.api.cloud import Cloud
from kumoniwa.api.image_output import image_output
from kumoniwa.api.images import image_named
from kumoniwa.api.registry import Answer, Call, Parameters, action
from kumoniwa.api.snapshots import snapshot_named
from kumoniwa.errors import AuthFailure
from kumoniwa.model.storage import Image

_LISTED = {
    "bootMode": "BootMode",
    "description": "Description",
    "imdsSupport": "ImdsSupport",
    "lastLaunchedTime": "LastLaunchedTime",
    "sriovNetSupport": "SriovNetSupport",
}
"""Attributes that are told as DescribeImages tells them."""

_NEVER = {"kernel": "KernelId", "ramdisk": "RamdiskId", "tpmSupport": "TpmSupport", "uefiData": "UefiData"}
"""Attributes that no image here has: each boots by its own bootloader, from a BIOS."""


@action("DescribeImageAttribute")
async def describe_image_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """One attribute of an image. No image is shared, has a product code or is protected from being deregistered."""
    image = await cloud.read(lambda connection: image_named(connection, call, parameters["ImageId"]))
    return {"ImageId": image.id, **_image_attribute(image, parameters["Attribute"])}


@action("DescribeSnapshotAttribute")
async def describe_snapshot_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """One attribute of a snapshot. No snapshot is shared or has a product code."""
    snapshot = await cloud.read(lambda connection: snapshot_named(connection, call, parameters["SnapshotId"]))
    names = {"createVolumePermission": "CreateVolumePermissions", "productCodes": "ProductCodes"}
    return {"SnapshotId": snapshot.id, names[parameters["Attribute"]]: []}


def _image_attribute(image: Image, attribute: str) -> dict[str, Any]:
    match attribute:
        case "launchPermission":
            return {"LaunchPermissions": []}
        case "productCodes":
            return {"ProductCodes": []}
        case "deregistrationProtection":
            return {"DeregistrationProtection": {"Value": "disabled"}}
        case "blockDeviceMapping":
            # EC2's model documents that this one is answered so, and to look at DescribeImages instead.
            raise AuthFailure("Unauthorized attempt to access restricted resource")
        case listed if listed in _LISTED:
            value = image_output(image, (), {}, None)[_LISTED[listed]]
            return {_LISTED[listed]: {"Value": value}}
        case _:
            return {_NEVER[attribute]: {"Value": None}}
