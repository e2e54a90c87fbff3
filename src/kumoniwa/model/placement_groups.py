"""Placement groups: how the instances of a workload are to stand to each other."""

from enum import StrEnum

from kumoniwa.values import dataclass

MOST_PARTITIONS = 7  # of a group in one zone: the EC2 user guide, "Placement strategies"


class Strategy(StrEnum):
    CLUSTER = "cluster"
    PARTITION = "partition"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class PlacementGroup:
    """A group, known by its name in an account's region."""

    id: str
    account: str
    region: str
    name: str
    strategy: Strategy
    partition_count: int | None = None
    """Of a group whose strategy is `partition`."""
    spread_level: str | None = None
    """Of a group whose strategy is `spread`: `rack`."""
