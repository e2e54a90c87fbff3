"""Public keys of EC2 Instance Connect."""

from datetime import datetime

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class ConnectKey:
    """A public key that a guest admits for one of its users until `valid_until`."""

    id: str
    """Of the request that brought it."""
    account: str
    region: str
    instance_id: str
    os_user: str
    public_key: str
    """A line of OpenSSH's, without a comment."""
    caller: str
    """The ARN of who sent it."""
    valid_until: datetime
