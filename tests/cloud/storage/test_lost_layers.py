"""A layer's file that was there and is gone: named, and never made anew in silence."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection
from stack import Stack
from stored import workflows_on
from volumes_at_hand import attached, create, root_of, states
from waiting import let_others_run

from kumoniwa.hypervisor.driver import GuestLost, LayerDamaged, LayerId
from kumoniwa.model.layers import Layer
from kumoniwa.model.workflows import WorkflowState
from kumoniwa.store import layers, volumes
from kumoniwa.store.prepared import TOUCHED

pytestmark = pytest.mark.anyio


async def head_of(stack: Stack, volume_id: str) -> LayerId:
    found = await stack.running.cloud.read(lambda connection: volumes.get(connection, volume_id))
    assert found is not None
    return LayerId(found.head)


async def test_an_instance_whose_root_was_lost_does_not_start_and_says_which_file(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    head = await head_of(stack, await root_of(stack, instance_id))
    await stack.driver.disks.ensure_deleted(head)
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    told = await stack.instance(instance_id)
    assert told["State"]["Name"] == "stopped"
    assert told["StateReason"]["Message"] == (
        f"Server.InternalError: The file of layer {head} is missing; what was written to it is lost. kumoniwa storage "
        "check says what depends on it: put a copy of the file back, or make it anew."
    )
    assert head not in await stack.driver.disks.all_layers()


async def test_a_volume_that_was_lost_is_not_attached_empty(stack: Stack) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    head = await head_of(stack, volume_id)
    await stack.driver.disks.ensure_deleted(head)
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    assert await states(stack, volume_id) == ("available", None)
    assert head not in await stack.driver.disks.all_layers()


async def test_a_layer_that_so_far_is_a_row_is_made_when_it_is_wanted(stack: Stack) -> None:
    """Each growth of a volume that nobody has puts a new layer on top."""
    instance_id, volume_id = await attached(stack)
    serial = volume_id.replace("-", "")
    stack.guest(instance_id).write("/data", b"kept", serial=serial, sync=True)
    await stack.call("DetachVolume", VolumeId=volume_id)
    await stack.idle()
    for size in (2, 3):
        await stack.call("ModifyVolume", VolumeId=volume_id, Size=size)
        await stack.idle()
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    assert stack.guest(instance_id).read("/data", serial=serial) == b"kept"


@pytest.mark.parametrize("method", ["ensure_attached", "ensure_grown", "ensure_detached"])
async def test_a_guest_that_does_not_answer_is_asked_again(stack: Stack, method: str) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    stack.driver.fail_next(method, GuestLost("No answer."))
    for action, more in (
        ("AttachVolume", {"InstanceId": instance_id, "Device": "/dev/sdf"}),
        ("ModifyVolume", {"Size": 2}),
        ("DetachVolume", {}),
    ):
        await stack.call(action, VolumeId=volume_id, **more)
        idle = asyncio.ensure_future(stack.idle())
        while not (await asyncio.wait({idle}, timeout=0.1))[0]:
            await stack.clock.advance(1)
    assert await states(stack, volume_id) == ("available", None)
    told = await stack.call("DescribeVolumesModifications", VolumeIds=[volume_id])
    assert told["VolumesModifications"][0]["ModificationState"] == "completed"


async def test_a_guest_whose_disk_was_lost_while_it_ran_is_not_recovered_on_an_empty_one(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    head = await head_of(stack, volume_id)

    async def lose(method: str) -> None:
        if method == "observe" and head in stack.driver.world.layers:
            stack.driver.world.layers.remove(head)

    stack.driver.faults.hook = lose
    stack.guest(instance_id).die()
    async with asyncio.timeout(10):
        while not (found := await recoveries(stack, instance_id)):
            await let_others_run()
    assert found == [str(LayerDamaged(f"The file of layer {head} is missing; what was written to it is lost."))]
    assert head not in await stack.driver.disks.all_layers()


async def recoveries(stack: Stack, instance_id: str) -> list[str | None]:
    """How the recoveries of the instance ended that have ended."""
    every = await stack.running.cloud.read(lambda connection: workflows_on(connection, instance_id))
    return [one.error for one in every if one.kind == "recover_instance" and one.state is WorkflowState.FAILED]


async def test_a_guest_starts_whose_chain_became_shorter_since_it_was_read(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its compaction was noted meanwhile, and what it stands on no more was collected."""
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    read, stale = layers.chains, 0

    def with_what_is_gone(connection: Connection, heads: Sequence[str]) -> list[list[Layer]]:
        nonlocal stale
        found = read(connection, heads)
        if connection.info.get(TOUCHED) is None:
            return found
        stale += 1
        return [[*chain, Layer("layer-0123456789abcdef0", None, 1, stack.clock.now(), made=True)] for chain in found]

    monkeypatch.setattr(layers, "chains", with_what_is_gone)
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert stale == 1, "it was read as the boot was written"
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
