"""A deregistered image vanishes, and its snapshots where that is asked for."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from example_guest import INSTANCE
from images_at_hand import an_image, described
from sqlalchemy import Connection
from stored import add_image, add_snapshot

from kumoniwa.model.images import ImageState
from kumoniwa.model.instances import InstanceState
from kumoniwa.store import images, instances, layers, snapshots

pytestmark = pytest.mark.anyio

DAY = 24 * 60 * 60


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def test_a_deregistered_image_vanishes_and_its_snapshots_stay(cloud: BareCloud) -> None:
    image, snapshot = await an_image(cloud)
    assert await cloud.ask("DeregisterImage", ImageId=image) == {"Return": True}
    assert await described(cloud) == []
    assert await described(cloud, ImageIds=[image]) == []
    with refused("InvalidAMIID.Unavailable", f"The image id '[{image}]' is no longer available"):
        await cloud.ask("DeregisterImage", ImageId=image)
    assert await cloud.database.read(partial(snapshots.get, snapshot_id=snapshot)) is not None


async def test_a_deregistered_image_that_an_instance_refers_to_is_no_unknown_id(cloud: BareCloud) -> None:
    image, _ = await an_image(cloud)
    await cloud.database.write(lambda connection: _launched_from(connection, image))
    await cloud.ask("DeregisterImage", ImageId=image)
    await cloud.clock.advance(DAY)
    assert await described(cloud, ImageIds=[image]) == []


async def test_the_id_of_a_deregistered_image_is_unknown_after_a_while(cloud: BareCloud) -> None:
    image, _ = await an_image(cloud)
    other, _ = await an_image(cloud, number=2)
    await cloud.ask("DeregisterImage", ImageId=image)
    assert await described(cloud, ImageIds=[image, other]) == [other]
    await cloud.clock.advance(DAY)
    unknown = f"The image id '[{image}]' does not exist"
    with refused("InvalidAMIID.NotFound", unknown):
        await described(cloud, ImageIds=[image, other])
    with refused("InvalidAMIID.NotFound", unknown):
        await cloud.ask("DeregisterImage", ImageId=image)
    with refused("InvalidAMIID.NotFound", unknown):
        await cloud.ask("RunInstances", ImageId=image, MinCount=1, MaxCount=1)
    with refused("InvalidAMIID.NotFound", unknown):
        await cloud.ask("CopyImage", SourceImageId=image, SourceRegion="us-east-1", Name="copy")


async def test_an_image_that_is_still_made_can_be_deregistered(cloud: BareCloud) -> None:
    image, _ = await an_image(cloud, state=ImageState.PENDING)
    await cloud.ask("DeregisterImage", ImageId=image)
    published = await cloud.database.write(
        lambda connection: images.move(connection, image, [ImageState.PENDING], ImageState.AVAILABLE)
    )
    assert not published


async def test_associated_snapshots_go_with_the_image_unless_another_needs_them(cloud: BareCloud) -> None:
    own = await cloud.database.write(partial(add_snapshot, number=1))
    shared = await cloud.database.write(partial(add_snapshot, number=2))
    image = await cloud.database.write(lambda connection: add_image(connection, 1, own, shared))
    await cloud.database.write(lambda connection: add_image(connection, 2, shared))
    assert await cloud.ask("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True) == {
        "Return": True,
        "DeleteSnapshotResults": [
            {"SnapshotId": own, "ReturnCode": "success"},
            {"SnapshotId": shared, "ReturnCode": "skipped"},
        ],
    }
    await cloud.done()
    assert await cloud.database.read(layers.known) == {"layer-2"}


def _launched_from(connection: Connection, image: str) -> None:
    instances.add(connection, replace(INSTANCE, image_id=image, state=InstanceState.STOPPED))
