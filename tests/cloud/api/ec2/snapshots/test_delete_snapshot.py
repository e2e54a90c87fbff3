"""A deleted snapshot goes with what only it held."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from snapshots_at_hand import described
from sqlalchemy import Connection
from stored import AT, add_image, add_snapshot, add_volume

from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.model.images import ImageState
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.scope import Scope
from kumoniwa.model.snapshots import SnapshotState
from kumoniwa.model.tags import Tag
from kumoniwa.store import layers, snapshots, tags

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def test_a_deleted_snapshots_layer_is_collected_and_its_tags_go(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    await cloud.driver.disks.ensure_empty(LayerId("layer-1"), 8 * GIB)
    tag = Tag("123456789012", "us-east-1", snapshot, "snapshot", "Team", "moss")
    await cloud.database.write(lambda connection: tags.add(connection, tag))
    await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
    assert await described(cloud) == []
    await cloud.done()
    assert await cloud.driver.disks.all_layers() == frozenset()
    assert await cloud.database.read(layers.known) == frozenset()
    assert await cloud.database.read(lambda connection: tags.in_scope(connection, Scope.of(tag))) == []


async def test_what_stands_on_a_deleted_snapshot_keeps_its_layer(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))

    def stand_on_it(connection: Connection) -> None:
        layers.add(connection, Layer("top", "layer-1", 8 * GIB, AT))
        add_volume(connection, 1, head="top", snapshot_id=snapshot)

    await cloud.database.write(stand_on_it)
    await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
    await cloud.done()
    assert await cloud.database.read(layers.known) >= {"layer-1", "top"}


@pytest.mark.parametrize("state", [ImageState.PENDING, ImageState.AVAILABLE])
async def test_a_snapshot_that_an_image_needs_is_not_deleted(cloud: BareCloud, state: ImageState) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    image = await cloud.database.write(lambda connection: add_image(connection, 1, snapshot, state=state))
    with refused("InvalidSnapshot.InUse", f"The snapshot {snapshot} is currently in use by {image}"):
        await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)


@pytest.mark.parametrize("state", [ImageState.FAILED, ImageState.DEREGISTERED])
async def test_an_image_that_is_no_more_needs_no_snapshot(cloud: BareCloud, state: ImageState) -> None:
    snapshot = await cloud.database.write(partial(add_snapshot, number=1))
    await cloud.database.write(lambda connection: add_image(connection, 1, snapshot, state=state))
    await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)


async def test_a_snapshot_may_be_deleted_while_it_is_made(cloud: BareCloud) -> None:
    snapshot = await cloud.database.write(
        lambda connection: add_snapshot(connection, 1, state=SnapshotState.PENDING, progress=0)
    )
    await cloud.ask("DeleteSnapshot", SnapshotId=snapshot)
    is_there = await cloud.database.write(
        lambda connection: snapshots.change(connection, snapshot, state=SnapshotState.COMPLETED)
    )
    assert not is_there
