"""DescribeSpotPriceHistory. Nothing is charged here: the prices are made up, the same ones in every cloud.

The price of a type in a zone changes every third day, at a minute of the day that is its own. What a type costs on
demand follows from its processors, memory and GPUs; Spot costs about a third of that.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zlib import crc32

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.spot_market import shown_price
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.filters import Values, filters_of, matcher, passing
from kumoniwa.api.listing import Asked, Listing, seen_last
from kumoniwa.api.registry import Depth, action
from kumoniwa.clock import precise
from kumoniwa.errors import InvalidParameterValue
from kumoniwa.model.instance_types import INSTANCE_TYPES, InstanceType
from kumoniwa.model.regions import Zone, zones
from kumoniwa.values import dataclass

HISTORY = timedelta(days=90)  # as EC2's own
LASTS_DAYS = 3
"""A price is in force for so many days."""

_PRODUCT = "Linux/UNIX"
_PRODUCTS = (_PRODUCT, "Linux/UNIX (Amazon VPC)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY, _MINUTES = timedelta(days=1), 24 * 60
_LATEST = 10**11  # seconds since 1970, beyond Python's calendar: keys count down from it
# Dollars an hour that come near those of EC2's general, compute and memory types; ours.
_OF_VCPU, _OF_GIB, _OF_GPU, _OF_BURSTABLE_GIB = 0.033, 0.00375, 0.4, 0.0104


@dataclass(frozen=True, slots=True)
class _Pool:
    """A type in a zone: its price changes in this minute of each day that is `turn` of every three."""

    kind: InstanceType
    zone: Zone
    minute: int
    turn: int

    @property
    def name(self) -> str:
        return f"{self.kind.name} {self.zone.name}"


@dataclass(frozen=True, slots=True)
class _Price:
    pool: _Pool
    at: datetime

    @property
    def key(self) -> str:
        """The newest first."""
        return f"{_before(self.at)} {self.pool.name}"

    @property
    def shown(self) -> str:
        chance = crc32(f"{self.pool.name} {self.at:%Y-%m-%d}".encode()) % 1000
        price = _on_demand(self.pool.kind) * (0.28 + 0.1 * chance / 1000)
        return shown_price(str(max(0.0001, round(price, 4))))


def _before(moment: datetime) -> str:
    return f"{_LATEST - (moment - _EPOCH) // timedelta(seconds=1):011d}"


def _on_demand(kind: InstanceType) -> float:
    memory = kind.memory_mib / 1024
    if kind.burstable:
        return _OF_BURSTABLE_GIB * memory
    return _OF_VCPU * kind.vcpus + _OF_GIB * memory + _OF_GPU * sum(gpu.count for gpu in kind.gpus)


def _read(_connection: Connection, asked: Asked) -> list[_Price]:
    """As much of the history as the page shows, and one more where there is more."""
    last = seen_last(asked.call, asked.parameters, _PRICES.invalid_token)
    passes = passing(filters_of(asked.parameters), _FILTERS, None)
    found = (price for price in _newest_first(asked, last) if passes(price))
    return list(islice(found, asked.parameters["MaxResults"] + 1))


def _newest_first(asked: Asked, last: str | None) -> Iterator[_Price]:
    """The prices that were in force in the time that is asked for, also the one that was when it began; those whose
    keys come after `last`."""
    now, lasts = asked.call.at, LASTS_DAYS * _DAY
    start = min(now, max(now - HISTORY, asked.parameters.get("StartTime") or now - HISTORY))
    end = min(now, asked.parameters.get("EndTime") or now)
    turns: list[list[_Pool]] = [[] for _ in range(LASTS_DAYS)]
    for pool in _pools(asked):
        turns[pool.turn].append(pool)
    for of_turn in turns:
        of_turn.sort(key=lambda pool: (-pool.minute, pool.name))
    first_day, last_day = ((moment - _EPOCH) // _DAY for moment in (start - lasts, end))
    for number in range(last_day, first_day - 1, -1):
        midnight = _EPOCH + number * _DAY
        if last is not None and _before(midnight) < last[: len(_before(midnight))]:
            continue  # all of that day was shown
        for pool in turns[number % LASTS_DAYS]:
            price = _Price(pool, midnight + timedelta(minutes=pool.minute))
            if start < price.at + lasts and price.at <= end and (last is None or price.key > last):
                yield price


def _pools(asked: Asked) -> Iterator[_Pool]:
    parameters = asked.parameters
    products = parameters.get("ProductDescriptions") or [_PRODUCT]
    if not any(product in _PRODUCTS for product in products):
        return  # no guest here runs another system
    wanted = None if (names := parameters.get("InstanceTypes")) is None else matcher(names)
    found = [zone for zone in zones(asked.call.region) if _is_asked_for(zone, parameters)]
    passes = passing([one for one in filters_of(parameters) if one.name in _OF_POOLS], _FILTERS, None)
    for kind in INSTANCE_TYPES.every():
        if wanted is None or wanted(kind.name):
            for zone in found:
                turn, minute = divmod(crc32(f"{kind.name} {zone.name}".encode()) % (LASTS_DAYS * _MINUTES), _MINUTES)
                pool = _Pool(kind, zone, minute, turn)
                if passes(_Price(pool, asked.call.at)):
                    yield pool


def _is_asked_for(zone: Zone, parameters: Parameters) -> bool:
    name, identifier = parameters.get("AvailabilityZone"), parameters.get("AvailabilityZoneId")
    return (name is None or name == zone.name) and (identifier is None or identifier == zone.id)


def _check_zone(asked: Asked) -> None:
    name = asked.parameters.get("AvailabilityZone")
    if name is not None and name not in {zone.name for zone in zones(asked.call.region)}:
        raise InvalidParameterValue(f"Invalid availability zone: [{name[:200]}]")


def _output(price: _Price, _tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "AvailabilityZone": price.pool.zone.name,
        "AvailabilityZoneId": price.pool.zone.id,
        "InstanceType": price.pool.kind.name,
        "ProductDescription": _PRODUCT,
        "SpotPrice": price.shown,
        "Timestamp": price.at,
    }


_FILTERS: Mapping[str, Values[_Price]] = {
    "availability-zone": lambda price: (price.pool.zone.name,),
    "availability-zone-id": lambda price: (price.pool.zone.id,),
    "instance-type": lambda price: (price.pool.kind.name,),
    "product-description": lambda _: (_PRODUCT,),
    "spot-price": lambda price: (price.shown,),
    "timestamp": lambda price: (precise(price.at), f"{price.at:%a %b %d %H:%M:%S} UTC {price.at:%Y}"),
}
_OF_POOLS = _FILTERS.keys() - {"spot-price", "timestamp"}
"""Filters that all prices of a type in a zone pass, or none."""
_PRICES = Listing(
    member="SpotPriceHistory",
    read=_read,
    check=_check_zone,
    row=_output,
    key=lambda price: price.key,
    filters=_FILTERS,
    limits=(1, 1000),
    usual_page=1000,
)


@action(
    "DescribeSpotPriceHistory",
    depth=Depth.PARTLY,
    missing="Nothing is charged, and no request waits for its price. The prices are made up of a type's processors, "
    "memory and GPUs, and change every third day.",
)
async def describe_spot_price_history(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """What Spot Instances cost here."""
    check_region(call.region)
    return await _PRICES.answer(cloud, call, parameters)
