"""GetInstanceUefiData: no guest here boots by UEFI."""

from kumoniwa.api.cloud import Cloud
from kumoniwa.api.instance_lookup import instance_named
from kumoniwa.api.registry import Answer, Call, Parameters, action
from kumoniwa.errors import UnsupportedOperation


@action("GetInstanceUefiData")
async def get_instance_uefi_data(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refused for every instance there is: all boot by their BIOS."""
    instance = await cloud.read(lambda connection: instance_named(connection, call, parameters["InstanceId"]))
    raise UnsupportedOperation(f"The instance '{instance.id}' does not boot by UEFI and has no UEFI data.")
