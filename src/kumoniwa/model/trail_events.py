"""Events of CloudTrail: what was called, by whom, and what came of it."""

import hashlib
from datetime import UTC, datetime, timedelta

from kumoniwa.values import dataclass

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PARTS = 10  # bits: of a microsecond
_COUNTED = 20  # bits: events of one moment, which are told as up to a millisecond later


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """One call. `parameters` and `answer` are JSON, keyed by the members of botocore's model, without secrets."""

    id: int
    """In the order of the calls: when it came, and a count."""
    account: str
    region: str
    service: str
    action: str
    request_id: str
    is_read: bool
    access_key: str
    username: str
    identity: str
    """Who called: CloudTrail's `userIdentity`, in JSON."""
    source: str
    agent: str
    by_console: bool
    parameters: str | None = None
    answer: str | None = None
    error_code: str | None = None
    error_message: str | None = None

    @property
    def at(self) -> datetime:
        """When the call came."""
        return _EPOCH + (self.id >> _PARTS) * _MICROSECOND

    @property
    def event_id(self) -> str:
        """CloudTrail's EventId, from which `id_of_event` takes the id again."""
        digits = f"{self.id:016x}{hashlib.blake2b(self.request_id.encode(), digest_size=8).hexdigest()}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def id_at(moment: datetime, counted: int = 0) -> int:
    """The id of an event of this moment; `counted` tells those of one microsecond apart."""
    microseconds = (moment - _EPOCH) // _MICROSECOND
    return (microseconds << _PARTS) + counted % (1 << _COUNTED)


def id_of_event(event_id: str) -> int | None:
    """The id of the event that may have this EventId; None for a text that is none."""
    digits = event_id.replace("-", "")
    if len(digits) != 32 or len(event_id) != 36:
        return None
    try:
        found = int(digits[:16], 16)
    except ValueError:
        return None
    return found if found < 1 << 63 else None
