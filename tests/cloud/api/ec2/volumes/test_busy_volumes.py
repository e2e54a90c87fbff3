"""A volume that its guest keeps, though it was asked for it, goes when the guest lets it go after all."""

import asyncio

import pytest
from stack import Stack
from volumes_at_hand import attached, held, states

pytestmark = pytest.mark.anyio

_MINUTE = 60.0


async def _busy(stack: Stack) -> tuple[str, str]:
    """An instance, and its volume that a program in the guest kept when it was to be detached."""
    instance_id, volume_id = await attached(stack)
    stack.guest(instance_id).holds_disk(_serial(volume_id))
    await stack.call("DetachVolume", VolumeId=volume_id)
    async with asyncio.timeout(10):
        while await states(stack, volume_id) != ("in-use", "busy"):
            await stack.clock.advance(_MINUTE)
            await stack.written()
    await stack.idle()
    return instance_id, volume_id


async def test_a_busy_volume_is_available_once_its_guest_lets_it_go(stack: Stack) -> None:
    instance_id, volume_id = await _busy(stack)
    stack.guest(instance_id).write("/last", b"words", serial=_serial(volume_id))
    stack.guest(instance_id).releases_disk(_serial(volume_id))
    await stack.idle()
    assert await states(stack, volume_id) == ("available", None)
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdg")
    await stack.idle()
    assert stack.guest(instance_id).read("/last", serial=_serial(volume_id)) == b"words"


async def test_a_volume_that_was_not_asked_for_stays_where_it_is(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    stack.guest(instance_id).holds_disk(_serial(volume_id))
    stack.guest(instance_id).releases_disk(_serial(volume_id))
    await stack.idle()
    assert await states(stack, volume_id) == ("in-use", "attached")


async def test_a_busy_volume_that_the_guest_lets_go_during_an_image_goes_when_that_is_cut(stack: Stack) -> None:
    instance_id, volume_id = await _busy(stack)
    async with held(stack, "ensure_cut") as reached:
        told = await stack.call("CreateImage", InstanceId=instance_id, Name="with it", NoReboot=True)
        await reached.wait()
        stack.guest(instance_id).releases_disk(_serial(volume_id))
        await stack.followed()
        assert await states(stack, volume_id) == ("in-use", "detaching"), "the image's turn is not over"
    await stack.idle()
    assert await states(stack, volume_id) == ("available", None)
    (image,) = (await stack.call("DescribeImages", ImageIds=[told["ImageId"]]))["Images"]
    assert (image["State"], len(image["BlockDeviceMappings"])) == ("available", 2)


def _serial(volume_id: str) -> str:
    return volume_id.replace("-", "")
