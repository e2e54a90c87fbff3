"""Paths of the Reachability Analyzer, and analyses of them."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class InsightsPath:
    """From where to where traffic is to come: `source` and `destination` are ids of instances, network interfaces or
    internet gateways. Without a `destination` there is an address; without a `port` any port will do."""

    id: str
    account: str
    region: str
    created_at: datetime
    source: str
    protocol: str
    destination: str | None = None
    destination_ip: str | None = None
    port: int | None = None


class AnalysisState(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class InsightsAnalysis:
    """An analysis of a path, of what there was when it was made. `result` has its parts under EC2's member names."""

    id: str
    account: str
    region: str
    path_id: str
    started_at: datetime
    state: AnalysisState = AnalysisState.RUNNING
    message: str | None = None
    """Why it failed."""
    found: bool | None = None
    """None until it has succeeded."""
    result: Mapping[str, Any] = field(default_factory=dict)
