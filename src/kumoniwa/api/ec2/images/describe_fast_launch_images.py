"""DescribeFastLaunchImages."""

from collections.abc import Mapping

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.fast_launch_output import SNAPSHOT, fast_launch_output
from kumoniwa.api.ec2.kinds import IMAGE
from kumoniwa.api.filters import Values
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.fast_launch import FastLaunch
from kumoniwa.store import fast_launch, images

_FILTERS: Mapping[str, Values[FastLaunch]] = {
    "owner-id": lambda one: (one.account,),
    "resource-type": lambda _: (SNAPSHOT,),
    "state": lambda one: (str(one.state),),
}


def _read(connection: Connection, asked: Asked) -> list[FastLaunch]:
    if asked.ids is not None:
        # An image without fast launch is not shown, and no refusal.
        IMAGE.check_all_found(
            asked.ids, {image.id for image in images.in_scope(connection, asked.call.scope, asked.ids)}
        )
    return fast_launch.in_scope(connection, asked.call.scope, asked.ids)


_FAST_LAUNCHES = Listing(
    member="FastLaunchImages",
    kind=IMAGE,
    ids="ImageIds",
    read=_read,
    read_checks_ids=True,
    row=lambda one, _: fast_launch_output(one),
    id_of=lambda one: one.image_id,
    key=lambda one: one.image_id,
    filters=_FILTERS,
    limits=(1, 200),
)


@action("DescribeFastLaunchImages")
async def describe_fast_launch_images(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The images that have fast launch, or lose it."""
    return await _FAST_LAUNCHES.answer(cloud, call, parameters)
