"""Images that an instance may be made of: found, or refused in EC2's words."""

import structlog
from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.images.image_aliases import resolved
from kumoniwa.api.ec2.kinds import EXPECTING, IMAGE
from kumoniwa.api.ec2.named.image_lookup import ImageUnavailable, check_registered
from kumoniwa.errors import MissingParameter
from kumoniwa.ids import is_well_formed
from kumoniwa.model.images import Image, ImageState
from kumoniwa.store import images

log = structlog.get_logger(__name__)


def launchable(connection: Connection, call: Call, image_id: str | None) -> Image:
    """An image that can be launched. Raises EC2's refusals (docs/sources.md)."""
    if not image_id:
        raise MissingParameter("ImageId")
    image_id = resolved(connection, call, image_id)
    if not is_well_formed(image_id, "ami"):
        raise IMAGE.malformed(image_id, text=EXPECTING)
    found = images.in_scope(connection, call.scope, [image_id])
    if not found:
        log.warning(
            "an image that does not exist was asked for; `kumoniwa ami build debian-12` builds one", image=image_id
        )
        raise IMAGE.not_found([image_id])
    [image] = found
    check_registered(connection, image, call.at)
    if image.state is not ImageState.AVAILABLE:
        raise ImageUnavailable(f"AMI '{image_id}' is {image.state}, and cannot be run")
    return image
