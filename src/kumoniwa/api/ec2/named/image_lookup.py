"""The image a call names: found, or refused in EC2's words."""

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import IMAGE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.errors import Ec2Error
from kumoniwa.model.images import Image, ImageState


class ImageUnavailable(Ec2Error):
    """An image that exists, in a state in which the request cannot use it."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidAMIID.Unavailable", message)


def image_named(connection: Connection, call: Call, image_id: str) -> Image:
    """The caller's image of this id, in any state but deregistered. Raises EC2's refusals."""
    image = named(connection, call.scope, IMAGE, image_id)
    if image.state is ImageState.DEREGISTERED:
        raise no_longer_available(image_id)
    return image


def check_made(image: Image) -> None:
    """Raises EC2's refusal to act on an image that is still made."""
    if image.state is ImageState.PENDING:
        raise ImageUnavailable(f"The AMI ID '{image.id}' is currently pending and may not be used for this operation")


def no_longer_available(image_id: str) -> ImageUnavailable:
    """EC2's refusal of a deregistered image."""
    return ImageUnavailable(f"The image id '[{image_id}]' is no longer available")
