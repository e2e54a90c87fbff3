"""GetConsoleOutput: the guest's real serial console."""

from base64 import b64encode

from kumoniwa.api.cloud import Cloud
from kumoniwa.api.instance_lookup import instance_named
from kumoniwa.api.registry import Answer, Call, Parameters, action
from kumoniwa.errors import UnsupportedOperation
from kumoniwa.hypervisor.driver import GuestId
from kumoniwa.model.instance_types import INSTANCE_TYPES


@action("GetConsoleOutput")
async def get_console_output(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The last 64 KiB of the serial console. It is always the latest, with or without `Latest`.

    As on EC2, `Latest` is refused for types before Nitro, and `Output` is left out while there is none.
    """
    instance = await cloud.read(lambda connection: instance_named(connection, call, parameters["InstanceId"]))
    if parameters.get("Latest") and INSTANCE_TYPES[instance.instance_type].hypervisor != "nitro":
        raise UnsupportedOperation("This instance type does not support retrieving the latest console logs.")
    output = await cloud.world.driver.guest(GuestId(instance.id)).console()
    return {"InstanceId": instance.id, "Timestamp": call.at, "Output": b64encode(output).decode() or None}
