"""The image a call names: found, or refused in EC2's words."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import IMAGE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.errors import Ec2Error
from kumoniwa.model.images import Image, ImageState
from kumoniwa.store import images

REMEMBERED = timedelta(hours=1)
"""How long a deregistered image's id is still known; EC2 only documents that there is such a time."""


class ImageUnavailable(Ec2Error):
    """An image that exists, in a state in which the request cannot use it."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidAMIID.Unavailable", message)


def image_named(connection: Connection, call: Call, image_id: str) -> Image:
    """The caller's image of this id, in any state but deregistered. Raises EC2's refusals."""
    image = named(connection, call.scope, IMAGE, image_id)
    check_registered(connection, image, call.at)
    return image


def check_made(image: Image) -> None:
    """Raises EC2's refusal to act on an image that is still made."""
    if image.state is ImageState.PENDING:
        raise ImageUnavailable(f"The AMI ID '{image.id}' is currently pending and may not be used for this operation")


def check_registered(connection: Connection, image: Image, at: datetime) -> None:
    """Raises EC2's refusals of an image that is deregistered."""
    if image.state is ImageState.DEREGISTERED:
        if forgotten(connection, [image], at):
            raise IMAGE.not_found([image.id])
        raise ImageUnavailable(f"The image id '[{image.id}]' is no longer available")


def forgotten(connection: Connection, found: Sequence[Image], at: datetime) -> set[str]:
    """The ids of those images whose ids are unknown again: deregistered a while ago, and no instance refers to them."""
    long_ago = {
        image.id
        for image in found
        if image.state is ImageState.DEREGISTERED
        and image.deregistered_at is not None
        and at - image.deregistered_at >= REMEMBERED
    }
    return long_ago - images.launched(connection, long_ago) if long_ago else long_ago
