"""Spot requests: each was fulfilled at once, by an instance like any other that says that it is a Spot Instance."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kumoniwa.values import dataclass

NOTICE = timedelta(minutes=2)
"""From an interruption notice to the interruption: the EC2 user guide, "Spot Instance interruption notices"."""


class SpotType(StrEnum):
    ONE_TIME = "one-time"
    PERSISTENT = "persistent"


class Interruption(StrEnum):
    """What becomes of the instance."""

    TERMINATE = "terminate"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class SpotRequest:
    """The request that an instance was launched by."""

    id: str
    account: str
    region: str
    created_at: datetime
    type: SpotType
    instance_id: str
    zone: str
    max_price: str | None
    """US dollars an hour, as it was asked for; nothing is charged."""
    interruption: Interruption
    valid_until: datetime | None
    launch_group: str | None
    specification: Mapping[str, Any]
    """How the request shows what was to be launched, under EC2's member names."""
    cancelled_at: datetime | None = None
    interrupt_at: datetime | None = None
    """Once a notice was given: when the instance is interrupted."""
    interrupted: bool = False
