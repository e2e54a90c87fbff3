"""GetInstanceUefiData: what a guest that boots by UEFI wrote into its variables is not told here."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.boot_modes import UEFI
from kumoniwa.api.ec2.named.instance_lookup import instance_named
from kumoniwa.api.not_built import Unbuilt
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import NotBuilt, UnsupportedOperation


@action(
    "GetInstanceUefiData",
    depth=Depth.NOT_BUILT,
    missing="Every call is refused. The UEFI variables of a guest are kept, and cannot be read by this action.",
    unbuilt=(Unbuilt("InstanceId", "telling the UEFI data of instances"),),
)
async def get_instance_uefi_data(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refused for every instance: by name where it boots by UEFI, and as on EC2 where by its BIOS."""
    instance = await cloud.read(lambda connection: instance_named(connection, call, parameters["InstanceId"]))
    if instance.boot_mode == UEFI:
        raise NotBuilt("telling the UEFI data of instances")
    raise UnsupportedOperation(f"The instance '{instance.id}' does not boot by UEFI and has no UEFI data.")
