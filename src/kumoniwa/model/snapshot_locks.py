"""Locks of snapshots: a locked snapshot is not deleted until its lock has expired, or was taken off."""

from datetime import datetime, timedelta
from enum import StrEnum

from kumoniwa.values import dataclass

MOST_DAYS = 36500
MOST_COOL_OFF_HOURS = 72
"""Both of botocore's documentation of LockSnapshot."""


class LockMode(StrEnum):
    COMPLIANCE = "compliance"
    """Nobody takes it off, once its cooling-off period is over."""
    GOVERNANCE = "governance"
    """Who may, can change it and take it off."""


class LockState(StrEnum):
    COMPLIANCE = "compliance"
    COOL_OFF = "compliance-cooloff"
    GOVERNANCE = "governance"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SnapshotLock:
    """The lock of a snapshot. It lasts for so many days, or until a date: one of both is given."""

    id: str
    """The snapshot's."""
    account: str
    region: str
    mode: LockMode
    created_at: datetime
    counted_from: datetime
    """When the number of days was last given."""
    days: int | None
    until: datetime | None
    cool_off_hours: int | None
    cool_off_until: datetime | None

    def starts_at(self, completed_at: datetime | None) -> datetime | None:
        """From when its days are counted: not before the snapshot is completed. None: they are not counted yet, or it
        has none."""
        if self.days is None or completed_at is None:
            return None
        return max(self.counted_from, completed_at)

    def expires_at(self, completed_at: datetime | None) -> datetime | None:
        """When it ends. None: not before the snapshot is completed, which it is not yet."""
        if self.days is None:
            return self.until
        starts = self.starts_at(completed_at)
        return None if starts is None else starts + timedelta(days=self.days)

    def state(self, completed_at: datetime | None, at: datetime) -> LockState:
        """What it is at a moment; `completed_at` is the snapshot's."""
        expires = self.expires_at(completed_at)
        if expires is not None and expires <= at:
            return LockState.EXPIRED
        if self.mode is LockMode.GOVERNANCE:
            return LockState.GOVERNANCE
        if self.cool_off_until is not None and at < self.cool_off_until:
            return LockState.COOL_OFF
        return LockState.COMPLIANCE
