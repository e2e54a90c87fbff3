"""The image a call names: found, or refused in EC2's words."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import IMAGE
from kumoniwa.errors import Ec2Error
from kumoniwa.ids import is_well_formed
from kumoniwa.model.images import Image, ImageState
from kumoniwa.store import images


def image_named(connection: Connection, call: Call, image_id: str) -> Image:
    """The caller's image of this id, in any state but deregistered. Raises EC2's refusals."""
    check_image_ids([image_id])
    found = images.in_scope(connection, call.scope, [image_id])
    if not found:
        raise IMAGE.not_found([image_id])
    if found[0].state is ImageState.DEREGISTERED:
        raise image_unavailable(image_id)
    return found[0]


def check_made(image: Image) -> None:
    """Raises EC2's refusal to act on an image that is still made."""
    if image.state is ImageState.PENDING:
        raise Ec2Error(
            "InvalidAMIID.Unavailable",
            f"The AMI ID '{image.id}' is currently pending and may not be used for this operation",
        )


def image_unavailable(image_id: str) -> Ec2Error:
    return Ec2Error("InvalidAMIID.Unavailable", f"The image id '[{image_id}]' is no longer available")


def check_image_ids(ids: Sequence[str]) -> None:
    """EC2's text for images is not that for other resources (observed)."""
    for image_id in ids:
        if not is_well_formed(image_id, "ami"):
            raise Ec2Error(IMAGE.malformed_code, f'Invalid id: "{image_id[:200]}"')
