"""DescribeSpotPriceHistory. Nothing is charged here, and has never been."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.filters import Values, matcher
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.regions import Zone, zones
from kumoniwa.values import dataclass

_PRODUCT = "Linux/UNIX"
_PRODUCTS = (_PRODUCT, "Linux/UNIX (Amazon VPC)")
_PRICE = "0.000000"


@dataclass(frozen=True, slots=True)
class _Price:
    type: str
    zone: Zone
    at: datetime


def _read(_connection: Connection, asked: Asked) -> list[_Price]:
    parameters, region = asked.parameters, asked.call.region
    products = parameters.get("ProductDescriptions") or [_PRODUCT]
    if not any(product in _PRODUCTS for product in products):
        return []  # no guest here runs another system
    since = parameters.get("StartTime")
    today = asked.call.at.replace(hour=0, minute=0, second=0, microsecond=0)
    at = today if since is None else min(today, since)
    wanted = None if (names := parameters.get("InstanceTypes")) is None else matcher(names)
    types = [name for name in INSTANCE_TYPES if wanted is None or wanted(name)]
    found = [zone for zone in zones(region) if _is_asked_for(zone, parameters)]
    return [_Price(name, zone, at) for name in types for zone in found]


def _is_asked_for(zone: Zone, parameters: Parameters) -> bool:
    name, identifier = parameters.get("AvailabilityZone"), parameters.get("AvailabilityZoneId")
    return (name is None or name == zone.name) and (identifier is None or identifier == zone.id)


def _check_zone(asked: Asked) -> None:
    name = asked.parameters.get("AvailabilityZone")
    if name is not None and name not in {zone.name for zone in zones(asked.call.region)}:
        raise InvalidParameterValue(f"Invalid availability zone: [{name[:200]}]")


def _output(price: _Price, _tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "AvailabilityZone": price.zone.name,
        "AvailabilityZoneId": price.zone.id,
        "InstanceType": price.type,
        "ProductDescription": _PRODUCT,
        "SpotPrice": _PRICE,
        "Timestamp": price.at,
    }


_FILTERS: Mapping[str, Values[_Price]] = {
    "availability-zone": lambda price: (price.zone.name,),
    "availability-zone-id": lambda price: (price.zone.id,),
    "instance-type": lambda price: (price.type,),
    "product-description": lambda _: (_PRODUCT,),
    "spot-price": lambda _: (_PRICE,),
    "timestamp": lambda price: (price.at.isoformat(),),
}
_PRICES = Listing(
    member="SpotPriceHistory",
    read=_read,
    check=_check_zone,
    row=_output,
    key=lambda price: f"{price.type} {price.zone.name}",
    filters=_FILTERS,
    limits=(1, 1000),
    usual_page=1000,
)


@action(
    "DescribeSpotPriceHistory",
    depth=Depth.PARTLY,
    missing="Every price is 0: nothing is charged, and the price of each type in each zone never changed.",
)
async def describe_spot_price_history(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """What Spot Instances cost here."""
    check_region(call.region)
    return await _PRICES.answer(cloud, call, parameters)
