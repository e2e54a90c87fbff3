"""GetConsoleOutput and GetConsoleScreenshot: the guest's real serial console, and what its display shows."""

import asyncio
from base64 import b64encode
from io import BytesIO

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import IncorrectInstanceState, UnsupportedOperation
from kumoniwa.hypervisor.driver import GuestId, GuestLost
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import InstanceState


@action("GetConsoleOutput")
async def get_console_output(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The last 64 KiB of the serial console. It is always the latest, with or without `Latest`.

    As on EC2, `Latest` is refused for types before Nitro, and `Output` is left out while there is none.
    """
    instance = await cloud.read(lambda connection: named(connection, call.scope, INSTANCE, parameters["InstanceId"]))
    if parameters.get("Latest") and not INSTANCE_TYPES[instance.instance_type].is_nitro:
        raise UnsupportedOperation("This instance type does not support retrieving the latest console logs.")
    output = await cloud.world.driver.guest(GuestId(instance.id)).console()
    return {"InstanceId": instance.id, "Timestamp": call.at, "Output": b64encode(output).decode() or None}


@action(
    "GetConsoleScreenshot",
    depth=Depth.PARTLY,
    missing="WakeUp is accepted and presses no key, because no guest's display sleeps.",
)
async def get_console_screenshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The guest's display now, as a JPG. `WakeUp` is taken and presses no key: no guest's display sleeps here."""
    instance = await cloud.read(lambda connection: named(connection, call.scope, INSTANCE, parameters["InstanceId"]))
    refusal = IncorrectInstanceState(f"The instance '{instance.id}' is not in the 'running' state.")
    if instance.state is not InstanceState.RUNNING:
        raise refusal
    try:
        png = await cloud.world.driver.guest(GuestId(instance.id)).screenshot()
        jpg = await asyncio.to_thread(_as_jpg, png)
    except (GuestLost, OSError, SyntaxError, ValueError):  # the last three are Pillow's, of what is no whole PNG
        raise refusal from None  # it has just ended, and the reconciler has not recorded that yet
    return {"InstanceId": instance.id, "ImageData": b64encode(jpg).decode()}


def _as_jpg(png: bytes) -> bytes:
    from PIL import Image as Picture  # 3 MB, which few servers need

    with Picture.open(BytesIO(png), formats=["PNG"]) as picture, BytesIO() as written:
        picture.convert("RGB").save(written, "JPEG")
        return written.getvalue()
