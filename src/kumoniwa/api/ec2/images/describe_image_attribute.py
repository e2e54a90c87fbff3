"""DescribeImageAttribute: who else may use an image, and what listings hide."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.image_output import PUBLIC, DescribedImage, image_output, protection
from kumoniwa.api.ec2.named.image_lookup import image_named
from kumoniwa.api.registry import action
from kumoniwa.errors import AuthFailure
from kumoniwa.model.images import Image
from kumoniwa.store import sharing

_LISTED = {
    "bootMode": "BootMode",
    "description": "Description",
    "imdsSupport": "ImdsSupport",
    "lastLaunchedTime": "LastLaunchedTime",
    "sriovNetSupport": "SriovNetSupport",
}
"""Attributes that are shown as DescribeImages shows them."""

_NEVER = {"kernel": "KernelId", "ramdisk": "RamdiskId", "tpmSupport": "TpmSupport", "uefiData": "UefiData"}
"""Attributes that no image here has: each boots by its own bootloader."""


@action("DescribeImageAttribute")
async def describe_image_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """One attribute of an image. No image has a product code, or UEFI data of its own."""

    def read(connection: Connection) -> tuple[Image, list[str]]:
        image = image_named(connection, call, parameters["ImageId"])
        return image, sharing.of(connection, [image.id]).get(image.id, [])

    image, grantees = await cloud.read(read)
    return {"ImageId": image.id, **_image_attribute(image, grantees, parameters["Attribute"], call.at)}


def _image_attribute(image: Image, grantees: Sequence[str], attribute: str, at: datetime) -> dict[str, Any]:
    match attribute:
        case "launchPermission":
            permissions = [{"Group": grantee} if grantee == PUBLIC else {"UserId": grantee} for grantee in grantees]
            return {"LaunchPermissions": permissions}
        case "productCodes":
            return {"ProductCodes": []}
        case "deregistrationProtection":
            return {"DeregistrationProtection": {"Value": protection(image, at)}}
        case "blockDeviceMapping":
            # EC2's model documents this answer, and refers to DescribeImages.
            raise AuthFailure("Unauthorized attempt to access restricted resource")
        case listed if listed in _LISTED:
            value = image_output(DescribedImage(image, at))[_LISTED[listed]]
            return {_LISTED[listed]: {"Value": value}}
        case _:
            return {_NEVER[attribute]: {"Value": None}}
