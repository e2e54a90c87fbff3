"""Regions and their zones, from `regions.tsv`, which `scripts/regions` writes and whose source is named there."""

from functools import cache
from pathlib import Path

from kumoniwa.values import dataclass

_FILE = Path(__file__).with_suffix(".tsv")


@dataclass(frozen=True, slots=True)
class Zone:
    name: str
    id: str
    region: str


@dataclass(frozen=True, slots=True)
class FurtherZone:
    """A Local Zone or a Wavelength Zone: known by name alone, nothing can be made there."""

    name: str
    id: str
    region: str
    group: str

    @property
    def type(self) -> str:
        return "wavelength-zone" if "-wlz" in self.id else "local-zone"


def _lines() -> list[list[str]]:
    return [line.split("\t") for line in _FILE.read_text().splitlines()[1:]]


REGIONS: dict[str, str] = {region: prefix for region, prefix, *_ in _lines()}
"""Each region, with the short form that its zone ids begin with."""


@cache
def opt_in_regions() -> frozenset[str]:
    """The regions that AWS does not enable by default. Here all are enabled."""
    return frozenset(region for region, _, opt_in, *_ in _lines() if opt_in == "yes")


@cache
def long_name(region: str) -> str:
    """What AWS calls a region: `US East (N. Virginia)`."""
    (called,) = (called for name, _, _, called, _ in _lines() if name == region)
    return called


@cache
def zones(region: str) -> tuple[Zone, ...]:
    """The three availability zones of a region."""
    return tuple(
        Zone(f"{region}{letter}", f"{REGIONS[region]}-az{number}", region) for number, letter in enumerate("abc", 1)
    )


def further_zones(region: str) -> list[FurtherZone]:
    """Its Local Zones and Wavelength Zones."""
    (listed,) = (further for name, _, _, _, further in _lines() if name == region)
    parted = (text.split(":") for text in listed.split(",") if text)
    return [FurtherZone(name, zone_id, region, group) for name, zone_id, group in parted]


@cache
def zone_id(zone: str) -> str:
    """The id of the zone of this name."""
    return next(known.id for known in zones(zone[:-1]) if known.name == zone)
