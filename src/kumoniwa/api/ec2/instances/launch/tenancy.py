"""The tenancy of a launch. It is recorded: all instances share this one host."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import VPC
from kumoniwa.api.ec2.named.lookup import named

DEFAULT = "default"
DEDICATED = "dedicated"


def tenancy_asked(connection: Connection, call: Call, placement: Mapping[str, Any], vpc_id: str) -> str:
    """What an instance's tenancy is. In a VPC with tenancy `dedicated`, all instances are dedicated."""
    if placement.get("Tenancy") == DEDICATED:
        return DEDICATED
    return named(connection, call.scope, VPC, vpc_id).tenancy
