"""Regions and their zones. Source: the regions that AWS enables for every account, from its documentation."""

from functools import cache

from kumoniwa.values import dataclass

REGIONS: dict[str, str] = {
    "us-east-1": "use1",
    "us-east-2": "use2",
    "us-west-1": "usw1",
    "us-west-2": "usw2",
    "ap-northeast-1": "apne1",
    "ap-northeast-2": "apne2",
    "ap-northeast-3": "apne3",
    "ap-south-1": "aps1",
    "ap-southeast-1": "apse1",
    "ap-southeast-2": "apse2",
    "ca-central-1": "cac1",
    "eu-central-1": "euc1",
    "eu-north-1": "eun1",
    "eu-west-1": "euw1",
    "eu-west-2": "euw2",
    "eu-west-3": "euw3",
    "sa-east-1": "sae1",
}
"""Each region, with the short form that its zone ids begin with."""


@dataclass(frozen=True, slots=True)
class Zone:
    name: str
    id: str
    region: str


@cache
def zones(region: str) -> tuple[Zone, ...]:
    """The three availability zones of a region."""
    return tuple(
        Zone(f"{region}{letter}", f"{REGIONS[region]}-az{number}", region) for number, letter in enumerate("abc", 1)
    )


@cache
def zone_id(zone: str) -> str:
    """The id of the zone of this name."""
    return next(known.id for known in zones(zone[:-1]) if known.name == zone)
