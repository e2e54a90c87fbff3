"""ClientTokens of launches: good as long as what they launched."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error
from kumoniwa.model.instances import InstanceState
from kumoniwa.store import instances


def check_not_terminated(connection: Connection, call: Call, answer: Mapping[str, Any]) -> None:
    """Raises EC2's refusal where what a launch with this token made has ended (boto/boto3 issue 4406)."""
    ids = [instance["InstanceId"] for instance in answer["Instances"]]
    found = instances.in_scope(connection, call.scope, ids)
    if len(found) < len(ids) or any(instance.state is InstanceState.TERMINATED for instance in found):
        raise Ec2Error(
            "IdempotentInstanceTerminated",
            "The client token you have provided is associated with a terminated instance. "
            "Please use a different client token.",
        )
