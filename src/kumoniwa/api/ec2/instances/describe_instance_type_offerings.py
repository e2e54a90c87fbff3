"""DescribeInstanceTypeOfferings."""

from collections.abc import Mapping

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.regions import zones
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class _Offering:
    """An instance type at a location of a type (region, zone …)."""

    name: str
    location_type: str
    location: str


def _read(_connection: Connection, asked: Asked) -> list[_Offering]:
    region = asked.call.region
    location_type: str = asked.parameters.get("LocationType", "region")
    locations: Mapping[str, list[str]] = {
        "region": [region],
        "availability-zone": [zone.name for zone in zones(region)],
        "availability-zone-id": [zone.id for zone in zones(region)],
        "outpost": [],
    }
    return [
        _Offering(name, location_type, location) for name in INSTANCE_TYPES for location in locations[location_type]
    ]


def _output(offering: _Offering, _tags: Mapping[str, str]) -> dict[str, str]:
    return {
        "InstanceType": offering.name,
        "LocationType": offering.location_type,
        "Location": offering.location,
    }


_OFFERINGS = Listing(
    member="InstanceTypeOfferings",
    read=_read,
    row=_output,
    key=lambda offering: f"{offering.name} {offering.location}",
    filters={
        "instance-type": lambda offering: (offering.name,),
        "location": lambda offering: (offering.location,),
    },
    limits=(5, 1000),
)


@action("DescribeInstanceTypeOfferings")
async def describe_instance_type_offerings(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Which instance types each location has: all of them, everywhere."""
    check_region(call.region)
    return await _OFFERINGS.answer(cloud, call, parameters)
