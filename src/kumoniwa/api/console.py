"""GetConsoleOutput: the guest's real serial console."""

from base64 import b64encode

from kumoniwa.api.cloud import Cloud
from kumoniwa.api.instance_lookup import instance_named
from kumoniwa.api.registry import Answer, Call, Parameters, action
from kumoniwa.hypervisor.driver import GuestId


@action("GetConsoleOutput")
async def get_console_output(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The last 64 KiB of the serial console. It is always the latest, with or without `Latest`."""
    instance = await cloud.read(lambda connection: instance_named(connection, call, parameters["InstanceId"]))
    output = await cloud.world.driver.guest(GuestId(instance.id)).console()
    return {"InstanceId": instance.id, "Timestamp": call.at, "Output": b64encode(output).decode()}
