"""What instances cost here: nothing is charged, and the prices are made up, the same ones in every cloud.

What a type costs on demand follows from its processors, memory and GPUs. Spot costs about a third of that, and its
price in a zone changes every third day, at a minute of the day that is its own.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zlib import crc32

from kumoniwa.model.instance_types import InstanceType
from kumoniwa.values import dataclass

LASTS_DAYS = 3
"""A Spot price is in force for so many days."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)

_MINUTES = 24 * 60
# Dollars an hour that come near those of EC2's general, compute and memory types; ours.
_OF_VCPU, _OF_GIB, _OF_GPU, _OF_BURSTABLE_GIB = 0.033, 0.00375, 0.4, 0.0104


def on_demand_price(kind: InstanceType) -> Decimal:
    """What an instance costs, in dollars an hour."""
    return _dollars(_on_demand(kind))


@dataclass(frozen=True, slots=True)
class SpotPool:
    """A type in a zone: its price changes in this minute of each day that is `turn` of every three."""

    kind: InstanceType
    zone: str
    minute: int
    turn: int

    @classmethod
    def of(cls, kind: InstanceType, zone: str) -> "SpotPool":
        """The pool of a type in the zone of that name."""
        turn, minute = divmod(crc32(f"{kind.name} {zone}".encode()) % (LASTS_DAYS * _MINUTES), _MINUTES)
        return cls(kind, zone, minute, turn)

    @property
    def name(self) -> str:
        return f"{self.kind.name} {self.zone}"

    def changed_to(self, at: datetime) -> Decimal:
        """The price that came into force at one of its changes, in dollars an hour."""
        chance = crc32(f"{self.name} {at:%Y-%m-%d}".encode()) % 1000
        return _dollars(_on_demand(self.kind) * (0.28 + 0.1 * chance / 1000))

    def price(self, at: datetime) -> Decimal:
        """The price that is in force at a moment, in dollars an hour."""
        first = EPOCH + self.turn * DAY + timedelta(minutes=self.minute)
        return self.changed_to(at - (at - first) % (LASTS_DAYS * DAY))


def _on_demand(kind: InstanceType) -> float:
    memory = kind.memory_mib / 1024
    if kind.burstable:
        return _OF_BURSTABLE_GIB * memory
    return _OF_VCPU * kind.vcpus + _OF_GIB * memory + _OF_GPU * sum(gpu.count for gpu in kind.gpus)


def _dollars(price: float) -> Decimal:
    return Decimal(str(max(0.0001, round(price, 4))))
