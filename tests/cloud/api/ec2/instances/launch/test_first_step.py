"""The first step of a launch knows what the launch wrote, and reads it where that does not hold any more."""

from dataclasses import replace
from functools import wraps

import pytest
from sqlalchemy import Connection
from stack import Stack

from kumoniwa.store import layers, volumes
from kumoniwa.workflows.shared_commits import Rows
from kumoniwa.workflows.steps.volumes import volume_files
from kumoniwa.workflows.steps.volumes.volume_files import Launched, ensure_launched_in_use
from kumoniwa.workflows.world import World

pytestmark = pytest.mark.anyio


async def _launched(stack: Stack, instance_id: str) -> Launched:
    """What the rows say."""

    def read(connection: Connection) -> Launched:
        (_, volume), *more = volumes.of_instance(connection, instance_id)
        assert not more
        return Launched([volume.id], layers.chains(connection, [volume.head]))

    return await stack.running.cloud.world.database.read(read)


async def test_it_is_told_the_volumes_and_their_layers(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Launched | None] = []

    @wraps(ensure_launched_in_use)
    async def listen(world: World, instance_id: str, known: Launched | None = None) -> Rows[None]:
        told.append(known)
        return await ensure_launched_in_use(world, instance_id, known)

    monkeypatch.setattr(volume_files, "ensure_launched_in_use", listen)
    image = (await stack.call("CreateImage", InstanceId=await stack.launch(), Name="golden"))["ImageId"]
    await stack.idle()
    read = await _launched(stack, await stack.launch(ImageId=image))
    [[head, *below]] = read.chains
    assert below, "it stands on what was imaged"
    assert told[1:] == [Launched(read.volume_ids, [[replace(head, made=False), *below]])]


async def test_a_chain_that_became_shorter_meanwhile_is_read_again(stack: Stack) -> None:
    instance_id = await stack.launch()
    read = await _launched(stack, instance_id)
    gone = replace(read.chains[0][-1], id="layer-00000000000000bad", made=True)
    before = Launched(read.volume_ids, [[*read.chains[0], gone]])
    left = await ensure_launched_in_use(stack.running.cloud.world, instance_id, before)
    await stack.running.cloud.world.database.write(left.write)
    assert await _launched(stack, instance_id) == read
