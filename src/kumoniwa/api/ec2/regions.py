"""Where things are, and what an account may: DescribeRegions, DescribeAvailabilityZones, DescribeAccountAttributes."""

from functools import partial
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.filters import Values
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue
from kumoniwa.model.regions import REGIONS, FurtherZone, Zone, further_zones, long_name, opt_in_regions, zones
from kumoniwa.store import vpcs

_NO_OPT_IN, _OPTED_IN, _NOT_OPTED_IN = "opt-in-not-required", "opted-in", "not-opted-in"
_MAX_INSTANCES = 20  # EC2's classic default; nothing is counted against it, on EC2 neither

AnyZone = Zone | FurtherZone

_REGION_FILTERS: dict[str, Values[str]] = {
    "endpoint": lambda region: (_endpoint(region),),
    "opt-in-status": lambda region: (_status(region),),
    "region-name": lambda region: (region,),
}
_ZONE_FILTERS: dict[str, Values[AnyZone]] = {
    "group-long-name": lambda zone: (_long_name(zone),),
    "group-name": lambda zone: (_group(zone),),
    "message": lambda _: (),
    "opt-in-status": lambda zone: (_opt_in(zone),),
    "parent-zone-id": lambda _: (),
    "parent-zone-name": lambda _: (),
    "region-name": lambda zone: (zone.region,),
    "state": lambda _: ("available",),
    "zone-id": lambda zone: (zone.id,),
    "zone-name": lambda zone: (zone.name,),
    "zone-type": lambda zone: (_type(zone),),
}


def _read_regions(_connection: Connection, asked: Asked) -> list[str]:
    names = asked.parameters.get("RegionNames") or list(REGIONS)
    if unknown := [name for name in names if name not in REGIONS]:
        raise InvalidParameterValue(f"Invalid region: [{', '.join(unknown)}]")
    return list(dict.fromkeys(names))


_REGIONS = Listing(
    member="Regions",
    read=_read_regions,
    row=lambda region, _: {"RegionName": region, "Endpoint": _endpoint(region), "OptInStatus": _status(region)},
    key=lambda region: region,
    filters=_REGION_FILTERS,
)


@action("DescribeRegions")
async def describe_regions(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The regions that exist. All of them are of this one host, and the account has opted in to those that want it."""
    return await _REGIONS.answer(cloud, call, parameters)


def _read_zones(_connection: Connection, asked: Asked) -> list[AnyZone]:
    region = asked.call.region
    every: list[AnyZone] = [*zones(region), *further_zones(region)]
    names, ids = asked.parameters.get("ZoneNames"), asked.parameters.get("ZoneIds")
    for wanted, known in ((names, {zone.name for zone in every}), (ids, {zone.id for zone in every})):
        if unknown := [zone for zone in wanted or () if zone not in known]:
            raise InvalidParameterValue(f"Invalid availability zone: [{', '.join(unknown)}]")
    if not asked.parameters.get("AllAvailabilityZones"):
        every = [zone for zone in every if isinstance(zone, Zone)]
    return [zone for zone in every if (names is None or zone.name in names) and (ids is None or zone.id in ids)]


_ZONES = Listing(
    member="AvailabilityZones",
    read=_read_zones,
    row=lambda zone, _: _zone_output(zone),
    key=lambda zone: zone.name,
    filters=_ZONE_FILTERS,
)


@action(
    "DescribeAvailabilityZones",
    depth=Depth.PARTLY,
    missing="Each region has three availability zones. Local Zones and Wavelength Zones are shown with "
    "AllAvailabilityZones, without their parent zones; nobody can opt in to them, and nothing can be made there.",
)
async def describe_availability_zones(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The three zones of the region; with AllAvailabilityZones its Local Zones and Wavelength Zones too."""
    check_region(call.region)
    return await _ZONES.answer(cloud, call, parameters)


@action("DescribeAccountAttributes")
async def describe_account_attributes(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """What an account has in a region: VPC only, its default VPC, its limits."""
    return await read_region(cloud, call, partial(_account_attributes, call=call, parameters=parameters))


def _account_attributes(connection: Connection, call: Call, parameters: Parameters) -> Answer:
    vpc = vpcs.default(connection, call.scope)
    attributes = {
        "supported-platforms": "VPC",
        "default-vpc": "none" if vpc is None else vpc.id,
        "max-instances": str(_MAX_INSTANCES),
        "max-elastic-ips": str(quotas.ELASTIC_IPS.most),
        "vpc-max-elastic-ips": str(quotas.ELASTIC_IPS.most),
        "vpc-max-security-groups-per-interface": str(quotas.INTERFACE_GROUPS.most),
    }
    names = parameters.get("AttributeNames") or list(attributes)
    if unknown := [name for name in names if name not in attributes]:
        raise InvalidParameterValue(f"Value ({unknown[0]}) for parameter attributeName is invalid.")
    return {
        "AccountAttributes": [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": attributes[name]}]} for name in names
        ]
    }


def _endpoint(region: str) -> str:
    return f"ec2.{region}.amazonaws.com"


def _status(region: str) -> str:
    return _OPTED_IN if region in opt_in_regions() else _NO_OPT_IN


def _opt_in(zone: AnyZone) -> str:
    return _NO_OPT_IN if isinstance(zone, Zone) else _NOT_OPTED_IN


def _type(zone: AnyZone) -> str:
    return "availability-zone" if isinstance(zone, Zone) else zone.type


def _group(zone: AnyZone) -> str:
    return f"{zone.region}-zg-1" if isinstance(zone, Zone) else zone.group


def _long_name(zone: AnyZone) -> str:
    return f"{long_name(zone.region)} 1" if isinstance(zone, Zone) else zone.group


def _zone_output(zone: AnyZone) -> dict[str, Any]:
    return {
        "ZoneName": zone.name,
        "ZoneId": zone.id,
        "RegionName": zone.region,
        "State": "available",
        "OptInStatus": _opt_in(zone),
        "Messages": [],
        "GroupName": _group(zone),
        "GroupLongName": _long_name(zone),
        "NetworkBorderGroup": zone.region if isinstance(zone, Zone) else zone.group,
        "ZoneType": _type(zone),
    }
