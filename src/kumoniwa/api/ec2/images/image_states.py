"""DisableImage and EnableImage, EnableImageDeprecation and DisableImageDeprecation: which images are offered."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.image_output import PUBLIC
from kumoniwa.api.ec2.named.image_lookup import check_made, image_named
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.model.images import Image, ImageState
from kumoniwa.store import images, sharing

_HALF_A_MINUTE = timedelta(seconds=30)
_DEPRECATED_WITHIN_YEARS = 10
_PUBLIC_DEPRECATED_WITHIN_YEARS = 2  # of their creation


@action("DisableImage")
async def disable_image(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Nobody launches the image from now on, and it is listed only where it is asked for; nobody else may use it.

    Its snapshots stay in use. What was launched from it goes on.
    """

    def disable(connection: Connection) -> Answer:
        image = image_named(connection, call, parameters["ImageId"])
        _check_in(image, ImageState.AVAILABLE, ImageState.DISABLED)
        sharing.revoke(connection, image.id)
        images.move(connection, image.id, [ImageState.AVAILABLE], ImageState.DISABLED)
        return {"Return": True}

    return await cloud.change(call, disable)


@action("EnableImage")
async def enable_image(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A disabled image is available again. Who else might use it before may not again."""

    def enable(connection: Connection) -> Answer:
        image = image_named(connection, call, parameters["ImageId"])
        _check_in(image, ImageState.AVAILABLE, ImageState.DISABLED)
        images.move(connection, image.id, [ImageState.DISABLED], ImageState.AVAILABLE)
        return {"Return": True}

    return await cloud.change(call, enable)


@action(
    "EnableImageDeprecation",
    depth=Depth.RECORDED,
    missing="The date is stored and shown. EC2 hides a deprecated image from other accounts, and here there is one "
    "account.",
)
async def enable_image_deprecation(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """From then on, to the nearest minute, the image is deprecated. Its owner sees and launches it as before."""
    asked: datetime = parameters["DeprecateAt"]
    at = (asked + _HALF_A_MINUTE).replace(second=0, microsecond=0)

    def enable(connection: Connection) -> Answer:
        image = image_named(connection, call, parameters["ImageId"])
        if asked < call.at:
            raise InvalidParameterValue("The deprecation date can't be in the past")
        public = PUBLIC in sharing.of(connection, [image.id]).get(image.id, ())
        if at > _latest(image, call.at, public=public):
            raise InvalidParameterValue(
                "The deprecation date of a public image can be at most 2 years from its creation date"
                if public
                else "The deprecation date can be at most 10 years from now"
            )
        images.change(connection, image.id, deprecation_at=at)
        return {"Return": True}

    return await cloud.change(call, enable)


@action(
    "DisableImageDeprecation",
    depth=Depth.RECORDED,
    missing="The date is removed. EC2 shows the image to other accounts again, and here there is one account.",
)
async def disable_image_deprecation(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The image is not deprecated, nor will it be."""

    def disable(connection: Connection) -> Answer:
        image = image_named(connection, call, parameters["ImageId"])
        images.change(connection, image.id, deprecation_at=None)
        return {"Return": True}

    return await cloud.change(call, disable)


def _check_in(image: Image, *states: ImageState) -> None:
    """Raises the refusal of an image that is still made, or failed."""
    check_made(image)
    if image.state not in states:
        raise Ec2Error("IncorrectState", f"The image '{image.id}' is in the state {image.state}.")


def _latest(image: Image, now: datetime, *, public: bool) -> datetime:
    start, years = (image.created_at, _PUBLIC_DEPRECATED_WITHIN_YEARS) if public else (now, _DEPRECATED_WITHIN_YEARS)
    leap_day = (start.month, start.day) == (2, 29)
    return start.replace(year=start.year + years, day=28 if leap_day else start.day)
