"""Images that an instance may be made of: found, or refused in EC2's words."""

import structlog
from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error, MissingParameter
from kumoniwa.ids import is_well_formed
from kumoniwa.model.images import Image, ImageState
from kumoniwa.model.scope import Scope
from kumoniwa.store import images

log = structlog.get_logger(__name__)


def launchable(connection: Connection, call: Call, image_id: str | None) -> Image:
    """An image that can be launched. Raises EC2's refusals (docs/sources.md)."""
    if not image_id:
        raise MissingParameter("ImageId")
    if not is_well_formed(image_id, "ami"):
        raise Ec2Error("InvalidAMIID.Malformed", f'Invalid id: "{image_id}" (expecting "ami-...")')
    image = images.get(connection, image_id)
    if image is None or Scope.of(image) != call.scope:
        log.warning(
            "an image was asked for that is not there; `kumoniwa ami build debian-12` makes one", image=image_id
        )
        raise Ec2Error("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    if image.state is ImageState.DEREGISTERED:
        raise Ec2Error("InvalidAMIID.Unavailable", f"The image id '[{image_id}]' is no longer available")
    if image.state is not ImageState.AVAILABLE:
        raise Ec2Error("InvalidAMIID.Unavailable", f"AMI '{image_id}' is {image.state}, and cannot be run")
    return image
