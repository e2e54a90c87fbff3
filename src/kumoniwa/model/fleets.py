"""EC2 Fleets of type `instant`: requests that launched instances at once, of several templates and overrides."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kumoniwa.values import dataclass

FLEET_ID_TAG = "aws:ec2:fleet-id"
"""The tag that EC2 gives to the instances of a fleet."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """A request for instances, and what came of it. It asks once: nothing of it changes but that it is deleted."""

    id: str
    account: str
    region: str
    created_at: datetime
    client_token: str
    fulfilled: float
    """In the units of its target capacity."""
    asked: Mapping[str, Any]
    """The request, under EC2's member names."""
    launched: Sequence[Mapping[str, Any]]
    """EC2's `Instances`: the ids of what was launched, by template and overrides."""
    errors: Sequence[Mapping[str, Any]]
    """EC2's `Errors`."""
    deleted_at: datetime | None = None

    @property
    def instance_ids(self) -> list[str]:
        """What it launched, whatever became of it."""
        return [instance_id for group in self.launched for instance_id in group["InstanceIds"]]
