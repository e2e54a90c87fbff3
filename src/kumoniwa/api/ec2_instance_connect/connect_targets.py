"""What the calls of EC2 Instance Connect name: an instance that runs, and a public key. Checked, in its own words."""

import re

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error
from kumoniwa.key_pairs import key_material
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.store import instances

INSTANCE_ID = re.compile(r"i-[a-f0-9]+")
_SSH_KINDS = ("ssh-rsa ", "ssh-ed25519 ")
_NOT_RUNNING = (
    "Unable to connect because the instance is not in a valid state. Connecting to a stopped or terminated instance is "
    "not supported. If the instance is stopped, start your instance, and try to connect again."
)


class InvalidArgs(Ec2Error):
    """A parameter that is not valid."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidArgsException", message)


def check_pattern(member: str, value: str, pattern: re.Pattern[str]) -> None:
    """Raises the refusal of a parameter that does not have its form."""
    if pattern.fullmatch(value) is None:
        wire = member[0].lower() + member[1:]
        raise InvalidArgs(
            f"1 validation error detected: Value '{value[:200]}' at '{wire}' failed to satisfy constraint: Member must "
            f"satisfy regular expression pattern: ^{pattern.pattern}$"
        )


def public_key(text: str) -> str:
    """The key as a line of OpenSSH's, without a comment. Raises the refusal of keys but RSA and ED25519."""
    kind = "RSA - " if text.lstrip().startswith("ssh-rsa") else ""
    refused = InvalidArgs(
        f"Invalid input parameter received for Illegal argument exception: {kind}SSH Public key is invalid"
    )
    if not text.lstrip().startswith(_SSH_KINDS):
        raise refused
    try:
        return key_material.read(text.encode()).openssh
    except key_material.NotAKey:
        raise refused from None


def running_instance(connection: Connection, call: Call, instance_id: str, zone: str | None = None) -> Instance:
    """The instance, which runs, in that zone if one is named. Raises the refusals of others."""
    found = instances.in_scope(connection, call.scope, [instance_id])
    if not found or (zone is not None and found[0].zone != zone):
        raise Ec2Error("EC2InstanceNotFoundException", "The specified instance was not found.")
    if found[0].state is not InstanceState.RUNNING:
        raise Ec2Error("EC2InstanceStateInvalidException", _NOT_RUNNING)
    return found[0]
