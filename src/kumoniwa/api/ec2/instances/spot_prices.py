"""DescribeSpotPriceHistory. Nothing is charged here: the prices are made up (`model/prices.py`)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

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
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.prices import DAY, EPOCH, LASTS_DAYS, SpotPool
from kumoniwa.model.regions import Zone, zone_id, zones
from kumoniwa.values import dataclass

HISTORY = timedelta(days=90)  # as EC2's own

_PRODUCT = "Linux/UNIX"
_PRODUCTS = (_PRODUCT, "Linux/UNIX (Amazon VPC)")
_LATEST = 10**11  # seconds since 1970, beyond Python's calendar: keys count down from it


@dataclass(frozen=True, slots=True)
class _Price:
    pool: SpotPool
    at: datetime

    @property
    def key(self) -> str:
        """The newest first."""
        return f"{_before(self.at)} {self.pool.name}"

    @property
    def shown(self) -> str:
        return shown_price(self.pool.changed_to(self.at))


def _before(moment: datetime) -> str:
    return f"{_LATEST - (moment - EPOCH) // timedelta(seconds=1):011d}"


def _read(_connection: Connection, asked: Asked) -> list[_Price]:
    """As much of the history as the page shows, and one more where there is more."""
    last = seen_last(asked.call, asked.parameters, _PRICES.invalid_token)
    passes = passing(filters_of(asked.parameters), _FILTERS, None)
    found = (price for price in _newest_first(asked, last) if passes(price))
    return list(islice(found, asked.parameters["MaxResults"] + 1))


def _newest_first(asked: Asked, last: str | None) -> Iterator[_Price]:
    """The prices that were in force in the time that is asked for, also the one that was when it began; those whose
    keys come after `last`."""
    now, lasts = asked.call.at, LASTS_DAYS * DAY
    start = min(now, max(now - HISTORY, asked.parameters.get("StartTime") or now - HISTORY))
    end = min(now, asked.parameters.get("EndTime") or now)
    turns: list[list[SpotPool]] = [[] for _ in range(LASTS_DAYS)]
    for pool in _pools(asked):
        turns[pool.turn].append(pool)
    for of_turn in turns:
        of_turn.sort(key=lambda pool: (-pool.minute, pool.name))
    first_day, last_day = ((moment - EPOCH) // DAY for moment in (start - lasts, end))
    for number in range(last_day, first_day - 1, -1):
        midnight = EPOCH + number * DAY
        if last is not None and _before(midnight) < last[: len(_before(midnight))]:
            continue  # all of that day was shown
        for pool in turns[number % LASTS_DAYS]:
            price = _Price(pool, midnight + timedelta(minutes=pool.minute))
            if start < price.at + lasts and price.at <= end and (last is None or price.key > last):
                yield price


def _pools(asked: Asked) -> Iterator[SpotPool]:
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
                pool = SpotPool.of(kind, zone.name)
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
        "AvailabilityZone": price.pool.zone,
        "AvailabilityZoneId": zone_id(price.pool.zone),
        "InstanceType": price.pool.kind.name,
        "ProductDescription": _PRODUCT,
        "SpotPrice": price.shown,
        "Timestamp": price.at,
    }


_FILTERS: Mapping[str, Values[_Price]] = {
    "availability-zone": lambda price: (price.pool.zone,),
    "availability-zone-id": lambda price: (zone_id(price.pool.zone),),
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
    missing="Nothing is charged, and a request that pays less is fulfilled all the same; fleets refuse it. The prices "
    "are made up of a type's processors, memory and GPUs, and change every third day.",
)
async def describe_spot_price_history(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """What Spot Instances cost here."""
    check_region(call.region)
    return await _PRICES.answer(cloud, call, parameters)
