"""SendSerialConsoleSSHPublicKey."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2_instance_connect.connect_targets import (
    INSTANCE_ID,
    check_pattern,
    public_key,
    running_instance,
)
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error
from kumoniwa.model.account_settings import Setting
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.store import account_settings


@action(
    "SendSerialConsoleSSHPublicKey",
    service="ec2-instance-connect",
    depth=Depth.RECORDED,
    missing="The call is checked as on EC2, and recorded in CloudTrail's history. No SSH server leads to serial "
    "consoles here: they are in the browser's console, and need no key.",
)
async def send_serial_console_ssh_public_key(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Check what is asked for as EC2 does; the key opens nothing."""
    check_pattern("InstanceId", parameters["InstanceId"], INSTANCE_ID)
    public_key(parameters["SSHPublicKey"])

    def check(connection: Connection) -> Answer:
        if account_settings.get(connection, call.scope, Setting.SERIAL_CONSOLE_ACCESS) is False:
            raise Ec2Error(
                "SerialConsoleAccessDisabledException",
                "Your account is not authorized to use the EC2 Serial Console. To authorize your account, run the "
                "EnableSerialConsoleAccess API.",
            )
        instance = running_instance(connection, call, parameters["InstanceId"])
        if INSTANCE_TYPES[instance.instance_type].hypervisor == "xen":
            raise Ec2Error(
                "EC2InstanceTypeInvalidException",
                "The instance type is not supported for connecting via the serial console. Only Nitro instance types "
                "are currently supported.",
            )
        return {"RequestId": call.request_id, "Success": True}

    return await cloud.read(check)
