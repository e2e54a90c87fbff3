"""DescribeImages and DeregisterImage."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.describe import page
from kumoniwa.api.image_filters import FILTERS
from kumoniwa.api.image_output import PROTECTION_OFF, DescribedImage, image_output, protection
from kumoniwa.api.owners import asks_for_own, check_users
from kumoniwa.api.registry import Answer, Call, Depth, Parameters, action
from kumoniwa.api.resources import IMAGE
from kumoniwa.clock import precise
from kumoniwa.errors import Ec2Error, OperationNotPermitted
from kumoniwa.ids import is_well_formed
from kumoniwa.model.storage import Image, ImageState
from kumoniwa.store import images, permissions, snapshots, tags
from kumoniwa.workflows.engine import submit


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
    _check_form(ids or ())
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


@action("DeregisterImage")
async def deregister_image(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take an image back, in whatever state it is, unless it is protected; instances launched from it go on.

    Its snapshots stay, unless they are asked to go too: then those go that no other image needs.
    """
    image_id: str = parameters["ImageId"]
    _check_form([image_id])

    def deregister(connection: Connection) -> Answer:
        _check_unprotected(image_named(connection, call, image_id), call.at)
        sources = [state for state in ImageState if state is not ImageState.DEREGISTERED]
        images.move(connection, image_id, sources, ImageState.DEREGISTERED, deregistered_at=call.at)
        permissions.revoke(connection, image_id)
        tags.remove_all(connection, image_id)
        if not parameters.get("DeleteAssociatedSnapshots"):
            return {"Return": True}
        devices = images.devices_of(connection, [image_id]).get(image_id, [])
        ids = dict.fromkeys(device.snapshot_id for device in devices if device.snapshot_id is not None)
        results = [{"SnapshotId": one, "ReturnCode": _delete_snapshot(connection, one)} for one in ids]
        submit(connection, "collect_layers", None, origin(call))
        return {"Return": True, "DeleteSnapshotResults": results}

    return await cloud.change(call, deregister)


def image_named(connection: Connection, call: Call, image_id: str) -> Image:
    """The caller's image of this id, in any state but deregistered. Raises EC2's refusals."""
    _check_form([image_id])
    found = images.in_scope(connection, call.account, call.region, [image_id])
    if not found:
        raise IMAGE.not_found([image_id])
    if found[0].state is ImageState.DEREGISTERED:
        raise _unavailable(image_id)
    return found[0]


def check_made(image: Image) -> None:
    """Raises EC2's refusal to act on an image that is still made."""
    if image.state is ImageState.PENDING:
        raise Ec2Error(
            "InvalidAMIID.Unavailable",
            f"The AMI ID '{image.id}' is currently pending and may not be used for this operation",
        )


def _unavailable(image_id: str) -> Ec2Error:
    return Ec2Error("InvalidAMIID.Unavailable", f"The image id '[{image_id}]' is no longer available")


def _check_form(ids: Sequence[str]) -> None:
    """EC2's text for images is not that for other resources (observed)."""
    for image_id in ids:
        if not is_well_formed(image_id, "ami"):
            raise Ec2Error(IMAGE.malformed_code, f'Invalid id: "{image_id[:200]}"')


def _described(connection: Connection, call: Call, ids: Sequence[str] | None) -> list[DescribedImage]:
    """The images with these ids, or all. Raises EC2's refusals of an id that no image has, or none any more."""
    rows = images.in_scope(connection, call.account, call.region, ids)
    found = [image for image in rows if image.state is not ImageState.DEREGISTERED]
    if ids is not None:
        IMAGE.check_all_found(ids, {image.id for image in rows})
        known = {image.id for image in found} | images.launched(connection, ids)
        if gone := [image.id for image in rows if image.id not in known]:
            raise _unavailable(gone[0])  # Ansible's ec2_ami and Terraform wait for this code
    devices = images.devices_of(connection, ids)
    parts = None
    if ids is not None:
        parts = [device.snapshot_id for those in devices.values() for device in those if device.snapshot_id is not None]
    sources = {one.id: one for one in snapshots.in_scope(connection, call.account, call.region, parts)}
    tagged = tags.tags_of(connection, call.account, call.region, IMAGE.resource_type, ids)
    grantees = permissions.of(connection, ids)
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


def _check_unprotected(image: Image, at: datetime) -> None:
    """Raises the refusal to deregister what is protected from it."""
    kind = protection(image, at)
    if kind != PROTECTION_OFF:
        raise OperationNotPermitted(
            f"The image '{image.id}' may not be deregistered. Its deregistration protection is '{kind}'."
        )


def _delete_snapshot(connection: Connection, snapshot_id: str) -> str:
    """Delete a snapshot of an image that is no more; gives EC2's word for what became of it."""
    if snapshots.images_using(connection, snapshot_id):
        return "skipped"
    if snapshots.get(connection, snapshot_id) is None:
        return "client-error"
    snapshots.remove(connection, snapshot_id)
    permissions.revoke(connection, snapshot_id)
    tags.remove_all(connection, snapshot_id)
    return "success"
