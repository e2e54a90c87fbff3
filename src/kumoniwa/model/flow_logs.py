"""Flow logs: records only, nothing is delivered."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class FlowLog:
    """`destination` is an ARN, `log_group` the name of a group of CloudWatch Logs; one of them is set."""

    id: str
    account: str
    region: str
    created_at: datetime
    resource_id: str
    traffic_type: str
    destination_type: str
    format: str
    aggregation_interval: int
    """Seconds."""
    destination: str | None = None
    log_group: str | None = None
    permission_arn: str | None = None
    cross_account_role: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """`DestinationOptions`, under EC2's member names."""
