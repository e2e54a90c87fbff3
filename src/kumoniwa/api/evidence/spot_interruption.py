"""The interruption of a Spot Instance, on demand: what the Fault Injection Service does on AWS."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.clock import whole_seconds
from kumoniwa.errors import IncorrectInstanceState, UnsupportedOperation
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.spot_requests import NOTICE
from kumoniwa.store import spot_requests


async def interrupt_spot_instance(cloud: Cloud, call: Call, path: Mapping[str, str]) -> Mapping[str, Any]:
    """Give a Spot Instance its notice: the guest finds it in its metadata, and is interrupted two minutes later.

    A second notice changes nothing. Gives what happens, and when.
    """

    def notify(connection: Connection) -> Mapping[str, Any]:
        instance = named(connection, call.scope, INSTANCE, path["instance_id"])
        request = spot_requests.of_instance(connection, instance.id)
        if request is None:
            raise UnsupportedOperation(f"The instance '{instance.id}' is no Spot Instance.")
        if instance.state is not InstanceState.RUNNING:
            raise IncorrectInstanceState(f"The instance '{instance.id}' is not running.")
        at = request.interrupt_at if request.interrupt_at is not None and not request.interrupted else None
        if at is None:
            at = whole_seconds(call.at + NOTICE)
            spot_requests.change(connection, request.id, interrupt_at=at, interrupted=False)
        return {"instance_id": instance.id, "action": str(request.interruption), "time": at}

    return await cloud.world.database.write(notify)
