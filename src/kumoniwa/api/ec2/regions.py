"""Where things are, and what an account may: DescribeRegions, DescribeAvailabilityZones, DescribeAccountAttributes."""

from typing import Any

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.ec2.network.default_vpc import ensure_region_exists
from kumoniwa.api.listing import page
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue
from kumoniwa.model.regions import REGIONS, Zone, zones
from kumoniwa.store import vpcs

_NO_OPT_IN = "opt-in-not-required"
_MAX_INSTANCES = 20  # EC2's classic default; nothing is counted against it, on EC2 neither

_REGION_FILTERS = {
    "endpoint": lambda region: (_endpoint(region),),
    "opt-in-status": lambda _: (_NO_OPT_IN,),
    "region-name": lambda region: (region,),
}
_ZONE_FILTERS = {
    "group-long-name": lambda zone: (_long_name(zone),),
    "group-name": lambda zone: (_group(zone),),
    "message": lambda _: (),
    "opt-in-status": lambda _: (_NO_OPT_IN,),
    "parent-zone-id": lambda _: (),
    "parent-zone-name": lambda _: (),
    "region-name": lambda zone: (zone.region,),
    "state": lambda _: ("available",),
    "zone-id": lambda zone: (zone.id,),
    "zone-name": lambda zone: (zone.name,),
    "zone-type": lambda _: ("availability-zone",),
}


@action(
    "DescribeRegions",
    depth=Depth.PARTLY,
    missing="The regions are those that AWS enables for every account, all on this host. Regions that an account opts "
    "in to are missing.",
)
async def describe_regions(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The regions there are. All of them are of this one host; none must be opted in to."""
    names = parameters.get("RegionNames") or list(REGIONS)
    if unknown := [name for name in names if name not in REGIONS]:
        raise InvalidParameterValue(f"Invalid region: [{', '.join(unknown)}]")
    found, _ = page(call, parameters, dict.fromkeys(names), filters=_REGION_FILTERS, key=lambda region: region)
    return {
        "Regions": [
            {"RegionName": region, "Endpoint": _endpoint(region), "OptInStatus": _NO_OPT_IN} for region in found
        ]
    }


@action(
    "DescribeAvailabilityZones",
    depth=Depth.PARTLY,
    missing="Each region has three availability zones. Local Zones and Wavelength Zones are missing.",
)
async def describe_availability_zones(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The three zones of the region."""
    check_region(call.region)
    every = zones(call.region)
    names, ids = parameters.get("ZoneNames"), parameters.get("ZoneIds")
    for asked, known in ((names, {zone.name for zone in every}), (ids, {zone.id for zone in every})):
        if unknown := [one for one in asked or () if one not in known]:
            raise InvalidParameterValue(f"Invalid availability zone: [{', '.join(unknown)}]")
    asked_for = [zone for zone in every if (names is None or zone.name in names) and (ids is None or zone.id in ids)]
    found, _ = page(call, parameters, asked_for, filters=_ZONE_FILTERS, key=lambda zone: zone.name)
    return {"AvailabilityZones": [_zone_output(zone) for zone in found]}


@action("DescribeAccountAttributes")
async def describe_account_attributes(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """What EC2 tells of an account in a region: VPC only, its default VPC, its limits."""
    await ensure_region_exists(cloud, call)
    vpc = await cloud.read(lambda connection: vpcs.default(connection, call.account, call.region))
    assert vpc is not None, "ensure_region_exists made it"
    attributes = {
        "supported-platforms": "VPC",
        "default-vpc": vpc.id,
        "max-instances": str(_MAX_INSTANCES),
        "max-elastic-ips": "0",
        "vpc-max-elastic-ips": "0",
        "vpc-max-security-groups-per-interface": "5",
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


def _group(zone: Zone) -> str:
    return f"{zone.region}-zg-1"


def _long_name(zone: Zone) -> str:
    return f"{zone.region} 1"


def _zone_output(zone: Zone) -> dict[str, Any]:
    return {
        "ZoneName": zone.name,
        "ZoneId": zone.id,
        "RegionName": zone.region,
        "State": "available",
        "OptInStatus": _NO_OPT_IN,
        "Messages": [],
        "GroupName": _group(zone),
        "GroupLongName": _long_name(zone),
        "NetworkBorderGroup": zone.region,
        "ZoneType": "availability-zone",
    }
