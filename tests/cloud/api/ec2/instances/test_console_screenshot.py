"""GetConsoleScreenshot: what a guest's display shows, as EC2 tells it."""

from base64 import b64decode
from io import BytesIO

import pytest
from asgi import Refused
from PIL import Image
from stack import Stack

from kumoniwa.hypervisor.simulated.guest import SimulatedGuest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("asked", [{}, {"WakeUp": True}])
async def test_a_screenshot_is_a_jpg_of_the_guests_display(stack: Stack, asked: dict[str, bool]) -> None:
    instance_id = await stack.launch()
    told = await stack.call("GetConsoleScreenshot", InstanceId=instance_id, **asked)
    assert told["InstanceId"] == instance_id
    with Image.open(BytesIO(b64decode(told["ImageData"]))) as picture:
        assert picture.format == "JPEG"
        with Image.open(BytesIO(await stack.guest(instance_id).screenshot())) as display:
            assert picture.size == display.size


@pytest.mark.parametrize("left", [0, 30, 60])
async def test_a_picture_that_is_none_is_refused_as_where_nothing_runs(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    """The driver sees how it begins, and no more: what QEMU wrote may end anywhere."""
    instance_id = await stack.launch()
    picture = await stack.guest(instance_id).screenshot()

    async def screenshot(_: SimulatedGuest) -> bytes:
        return picture[:left]

    monkeypatch.setattr(SimulatedGuest, "screenshot", screenshot)
    with pytest.raises(Refused, match="IncorrectInstanceState"):
        await stack.call("GetConsoleScreenshot", InstanceId=instance_id)


async def test_an_instance_that_does_not_run_has_no_screenshot(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    with pytest.raises(Refused) as refused:
        await stack.call("GetConsoleScreenshot", InstanceId=instance_id)
    assert refused.value.code == "IncorrectInstanceState"
    assert refused.value.message == f"The instance '{instance_id}' is not in the 'running' state."
