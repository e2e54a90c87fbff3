"""DescribeImages."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.image_filters import FILTERS
from kumoniwa.api.ec2.images.image_output import DescribedImage, image_output
from kumoniwa.api.ec2.kinds import IMAGE
from kumoniwa.api.ec2.named.image_lookup import check_image_ids, image_unavailable
from kumoniwa.api.ec2.owners import asks_for_own, check_users
from kumoniwa.api.listing import page
from kumoniwa.api.registry import Depth, action
from kumoniwa.clock import precise
from kumoniwa.model.images import ImageState
from kumoniwa.store import images, sharing, snapshots, tags


@action(
    "DescribeImages",
    depth=Depth.PARTLY,
    missing="Only the account's own images are listed. Public images and those of the AWS Marketplace are missing.",
)
async def describe_images(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The caller's images in this region. A deregistered one is told no more, a disabled one where it is asked for.

    A deprecated one is told always: to its owner EC2 does so too, whatever `IncludeDeprecated` says. `ExecutableUsers`
    asks for what was shared explicitly: with accounts, or with everybody.
    """
    ids: Sequence[str] | None = parameters.get("ImageIds") or None
    check_image_ids(ids or ())
    users = parameters.get("ExecutableUsers", ())
    check_users(users)
    own = asks_for_own(call, parameters.get("Owners", ()))
    every = await cloud.read(lambda connection: _described(connection, call, ids))
    asked = [one for one in every if own and _is_told(one, call, parameters)]
    found, token = page(
        call,
        parameters,
        asked,
        filters=FILTERS,
        key=lambda one: f"{precise(one.image.created_at)} {one.image.id}",
        tags=lambda one: one.tags,
        limits=(1, 1000),
    )
    return {"Images": [image_output(one, call.at) for one in found], "NextToken": token}


def _described(connection: Connection, call: Call, ids: Sequence[str] | None) -> list[DescribedImage]:
    """The images with these ids, or all. Raises EC2's refusals of an id that no image has, or none any more."""
    rows = images.in_scope(connection, call.account, call.region, ids)
    found = [image for image in rows if image.state is not ImageState.DEREGISTERED]
    if ids is not None:
        IMAGE.check_all_found(ids, {image.id for image in rows})
        known = {image.id for image in found} | images.launched(connection, ids)
        if gone := [image.id for image in rows if image.id not in known]:
            raise image_unavailable(gone[0])  # Ansible's ec2_ami and Terraform wait for this code
    devices = images.devices_of(connection, ids)
    parts = None
    if ids is not None:
        parts = [device.snapshot_id for those in devices.values() for device in those if device.snapshot_id is not None]
    sources = {one.id: one for one in snapshots.in_scope(connection, call.account, call.region, parts)}
    tagged = tags.tags_of(connection, call.account, call.region, IMAGE.resource_type, ids)
    grantees = sharing.of(connection, ids)
    regions = images.regions_of(connection, {image.source_image_id for image in found if image.source_image_id})
    return [
        DescribedImage(
            image,
            devices.get(image.id, ()),
            sources,
            tagged.get(image.id, {}),
            grantees.get(image.id, ()),
            # The image it was made of may be forgotten altogether; then it was made where it is.
            None if image.source_image_id is None else regions.get(image.source_image_id, image.region),
        )
        for image in found
    ]


def _is_told(one: DescribedImage, call: Call, parameters: Parameters) -> bool:
    if one.image.state is ImageState.DISABLED and not parameters.get("IncludeDisabled"):
        return False
    users = {call.account if user == "self" else user for user in parameters.get("ExecutableUsers", ())}
    return not users or not users.isdisjoint(one.grantees)
