"""GetPasswordData: a password that no guest here has."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.registry import Depth, action


@action(
    "GetPasswordData",
    depth=Depth.PARTLY,
    missing="The password is always empty, as EC2's is for Linux. That of a Windows guest is not read.",
)
async def get_password_data(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Windows writes its password to its serial console; for what does not, EC2 answers an empty one."""
    instance = await cloud.read(lambda connection: named(connection, call.scope, INSTANCE, parameters["InstanceId"]))
    return {"InstanceId": instance.id, "Timestamp": call.at, "PasswordData": ""}
