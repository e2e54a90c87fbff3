"""DescribeImages."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.image_filters import FILTERS, IMAGES
from kumoniwa.api.ec2.images.image_output import DescribedImage, image_output
from kumoniwa.api.ec2.kinds import IMAGE
from kumoniwa.api.ec2.named.image_lookup import forgotten
from kumoniwa.api.ec2.owners import asks_for_own, check_users
from kumoniwa.api.listing import NOT_PAGED, Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.images import ImageState
from kumoniwa.store import images, sharing, snapshots


def _check(asked: Asked) -> None:
    check_users(asked.parameters.get("ExecutableUsers", ()))
    asks_for_own(asked.call, asked.parameters.get("Owners", ()))


def _read(connection: Connection, asked: Asked) -> list[DescribedImage]:
    call, parameters = asked.call, asked.parameters
    own = asks_for_own(call, parameters.get("Owners", ()))
    return [one for one in _described(connection, call, asked.ids) if own and _is_shown(one, call, parameters)]


def _described(connection: Connection, call: Call, ids: Sequence[str] | None) -> list[DescribedImage]:
    """The images with these ids, or all. Raises EC2's refusals of an id that no image has, or none any more.

    An image that was deregistered recently, or that an instance refers to, is an empty result and no refusal.
    """
    rows = images.in_scope(connection, call.scope, ids)
    found = [image for image in rows if image.state is not ImageState.DEREGISTERED]
    if ids is not None:
        IMAGE.check_all_found(ids, {image.id for image in rows} - forgotten(connection, rows, call.at))
    own = [image.id for image in found]
    devices = images.devices_of(connection, own)
    parts = [device.snapshot_id for those in devices.values() for device in those if device.snapshot_id is not None]
    sources = {one.id: one for one in snapshots.in_scope(connection, call.scope, parts)}
    grantees = sharing.of(connection, own)
    regions = images.regions_of(connection, {image.source_image_id for image in found if image.source_image_id})
    return [
        DescribedImage(
            image,
            call.at,
            devices.get(image.id, ()),
            sources,
            grantees.get(image.id, ()),
            # The image it was made of may be forgotten altogether; then it was made where it is.
            None if image.source_image_id is None else regions.get(image.source_image_id, image.region),
        )
        for image in found
    ]


def _is_shown(one: DescribedImage, call: Call, parameters: Parameters) -> bool:
    if one.image.state is ImageState.DISABLED and not parameters.get("IncludeDisabled"):
        return False
    users = {call.account if user == "self" else user for user in parameters.get("ExecutableUsers", ())}
    return not users or not users.isdisjoint(one.grantees)


_IMAGES = Listing(
    member="Images",
    kind=IMAGE,
    ids="ImageIds",
    read=_read,
    read_checks_ids=True,
    row=image_output,
    id_of=lambda one: one.image.id,
    key=lambda one: IMAGES.key(one.image),
    selection=IMAGES,
    check=_check,
    filters=FILTERS,
    tagged=True,
    limits=(1, 1000),
    whole={"ImageIds": NOT_PAGED.format("imageIdsSet")},
)


@action(
    "DescribeImages",
    depth=Depth.PARTLY,
    missing="Only the account's own images are listed. Public images and those of the AWS Marketplace are missing.",
)
async def describe_images(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The caller's images in this region: deregistered ones never, disabled ones where the request asks for them.

    Deprecated ones are always shown: EC2 shows them to their owner too, whatever `IncludeDeprecated` says.
    `ExecutableUsers` asks for what was shared explicitly: with accounts, or with everyone.
    """
    return await _IMAGES.answer(cloud, call, parameters)
