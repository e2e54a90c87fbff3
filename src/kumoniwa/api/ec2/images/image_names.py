"""The names of images: which there can be, and which are taken."""

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error
from kumoniwa.model.images import IMAGE_NAME
from kumoniwa.store import images


def check_name(connection: Connection, call: Call, name: str) -> None:
    """Raises EC2's refusal of an invalid name, and of a name that another image of the caller in this region has."""
    if IMAGE_NAME.match(name) is None:
        raise Ec2Error(
            "InvalidAMIName.Malformed",
            "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, "
            "'(', ')', '.', '-', '/' and '_'",
        )
    if (holder := images.named(connection, call.scope, name)) is not None:
        raise Ec2Error("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {holder.id}")
