"""SendSSHPublicKey."""

import re
from datetime import timedelta

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
from kumoniwa.model.connect_keys import ConnectKey
from kumoniwa.store import connect_keys

VALID = timedelta(seconds=60)
MOST_KEYS = 100
"""Keys that an instance has at once; ours. EC2 limits how often it may be called."""

_OS_USER = re.compile(r"[A-Za-z_][A-Za-z0-9\@\._-]{0,30}[A-Za-z0-9\$_-]?")
_ZONE = re.compile(r"(\w+-){2,3}\d+\w+", re.ASCII)


@action(
    "SendSSHPublicKey",
    service="ec2-instance-connect",
    depth=Depth.PARTLY,
    missing="Guests find the keys in their metadata without a signature, which only Amazon could make: Amazon's own "
    "package ec2-instance-connect takes none of them, and sshd has to be told to ask for them.",
)
async def send_ssh_public_key(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let a guest admit a key for one of its users, for 60 seconds."""
    instance_id, os_user = parameters["InstanceId"], parameters["InstanceOSUser"]
    check_pattern("InstanceId", instance_id, INSTANCE_ID)
    check_pattern("InstanceOSUser", os_user, _OS_USER)
    if (zone := parameters.get("AvailabilityZone")) is not None:
        check_pattern("AvailabilityZone", zone, _ZONE)
    key = public_key(parameters["SSHPublicKey"])

    def send(connection: Connection) -> Answer:
        instance = running_instance(connection, call, instance_id, zone)
        if len(connect_keys.in_force(connection, instance.id, call.at)) >= MOST_KEYS:
            raise Ec2Error(
                "ThrottlingException",
                f"{instance.id} has {MOST_KEYS} keys of the last {VALID.seconds} seconds. Wait until some are over.",
            )
        new = ConnectKey(
            id=call.request_id,
            account=call.account,
            region=call.region,
            instance_id=instance.id,
            os_user=os_user,
            public_key=key,
            caller=call.caller.arn,
            valid_until=call.at + VALID,
        )
        connect_keys.add(connection, new)
        return {"RequestId": call.request_id, "Success": True}

    return await cloud.change(call, send)
