"""Anything may be deleted in any order, and nothing is left over."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from stack import Stack
from waiting import eventually_async, let_others_run, turns_until

from kumoniwa.app.cloud import running
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import DriverError, LayerId
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.ids import new_id
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.reconcile.time import ROUND, Housekeeping
from kumoniwa.store import layers
from kumoniwa.workflows.steps.layers.volume_layers import ensure_dropped

pytestmark = pytest.mark.anyio


async def image_of(stack: Stack, instance_id: str, name: str, *, no_reboot: bool) -> str:
    """An image of the instance, made."""
    image: str = (await stack.call("CreateImage", InstanceId=instance_id, Name=name, NoReboot=no_reboot))["ImageId"]
    await stack.idle()
    return image


async def known(stack: Stack) -> frozenset[str]:
    """The layers that have rows; those that have files are the same."""
    world = stack.running.cloud.world
    rows = await world.database.read(layers.known)
    assert rows == await world.driver.disks.all_layers()
    return rows


@pytest.mark.parametrize("order", ["instances first second", "first second instances", "second instances first"])
async def test_instances_and_images_may_go_in_any_order(stack: Stack, order: str) -> None:
    at_first = await known(stack)
    source = await stack.launch(
        BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": True}}]
    )
    images = {"first": await image_of(stack, source, "first", no_reboot=False)}
    copy = await stack.launch(ImageId=images["first"])
    images["second"] = await image_of(stack, copy, "second", no_reboot=True)
    assert len(await known(stack)) == len(at_first) + 8

    for what in order.split():
        if what == "instances":
            await stack.call("TerminateInstances", InstanceIds=[source, copy])
        else:
            await stack.call("DeregisterImage", ImageId=images[what], DeleteAssociatedSnapshots=True)
        await stack.idle()
        assert await stack.running.cloud.world.collector.collect() == 0
        await known(stack)
    assert await known(stack) == at_first
    assert stack.driver.world.layers.broken == []


async def test_a_file_that_cannot_be_deleted_does_not_keep_an_instance_from_its_end(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.driver.fail_next("ensure_deleted", DriverError("The disk does not answer.", way_out="Ask again."))
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "terminated"
    await Housekeeping(stack.running.cloud.world).go_round()  # as it does each minute
    await known(stack)


async def test_a_dropped_layer_whose_file_cannot_be_deleted_goes_with_the_next_collection(stack: Stack) -> None:
    world, layer = stack.running.cloud.world, LayerId(new_id("layer"))
    await world.database.write(lambda connection: layers.add(connection, Layer(layer, None, GIB, stack.clock.now())))
    await world.driver.disks.ensure_empty(layer, GIB)
    stack.driver.fail_next("ensure_deleted", DriverError("The disk does not answer.", way_out="Ask again."))
    await ensure_dropped(world, [layer])
    assert layer in await world.driver.disks.all_layers()
    await Housekeeping(world).go_round()  # as it does each minute
    assert layer not in await known(stack)


async def test_a_volume_takes_its_tags_with_it(stack: Stack) -> None:
    told = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "data"}]}]
    instance_id = await stack.launch(TagSpecifications=told)
    volumes = [{"Name": "resource-type", "Values": ["volume"]}]
    assert len((await stack.call("DescribeTags", Filters=volumes))["Tags"]) == 1
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await stack.call("DescribeTags", Filters=volumes))["Tags"] == []


async def test_a_file_that_cannot_be_deleted_does_not_keep_a_server_from_starting(tmp_path: Path) -> None:
    clock = ManualClock()
    driver = SimulatedDriver(clock, timing=Timing.instant())
    orphan = LayerId(new_id("layer"))
    await driver.disks.ensure_empty(orphan, GIB)
    driver.fail_next("ensure_deleted", DriverError("The disk does not answer.", way_out="Ask again."))
    async with running(Config(data_dir=tmp_path), driver, clock), asyncio.timeout(10):
        while orphan in await driver.disks.all_layers():  # the first round of housekeeping tries again
            await let_others_run()


async def test_files_without_a_row_are_left_to_the_start_and_to_each_minute(stack: Stack) -> None:
    """Between the two nothing deletes them behind the back of somebody who looks at them."""
    clock = ManualClock()
    housekeeping = Housekeeping(replace(stack.running.cloud.world, clock=clock))
    orphan = LayerId("layer-0123456789abcdef0")
    await stack.driver.disks.ensure_empty(orphan, GIB)
    housekeeping.start()
    await turns_until(lambda: bool(clock._sleepers))  # the first round is over
    assert orphan in await stack.driver.disks.all_layers()
    await clock.advance(ROUND)

    async def gone() -> bool:
        return orphan not in await stack.driver.disks.all_layers()

    await eventually_async(gone, within=10, every=0.01)
    await housekeeping.close()
