"""What Kumoniwa is to reach as its cloud grows, and on guests, and whether it has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from measured import ALL_CPU, CPU, RSS, SECONDS, TIME, UNITS, bound, ratio, shown, spread, times, within

_STEADY = 1.2
"""What a call may cost in the largest cloud, as a ratio to a cloud of a hundred that was asked in turns with it."""
_ALWAYS_THE_SAME = {
    "RunInstances(1)": (TIME, ALL_CPU),
    "StartInstances": (TIME, ALL_CPU),
    "StopInstances": (TIME, ALL_CPU),
    "CreateImage, no reboot": (TIME, ALL_CPU),
    "CreateTags": (TIME, CPU),
    "DescribeInstances, one id": (TIME, CPU),
}
"""By operation, what is compared."""
_ONE_ID_MS = 2.0
_MEMORY_MIB = 1024.0
_THOUSAND_SECONDS = 8.0
_TEN_THOUSAND_SECONDS = 80.0
_LARGE = 10_000
_OF_DISKS = {
    "reads": ("sequential reads", 0.9),
    "reads, of processor time": ("sequential reads in QEMU's processor time", 0.9),
    "writes": ("4k writes", 0.95),
    "writes, of processor time": ("4k writes in QEMU's processor time", 0.95),
}
"""By measure, what it is called, and what it is to be at least behind snapshots, as a ratio to a plain file."""
_LATER = 1.03

Points = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]]
"""The curves: by operation, server and size, of each measure a value for each round."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure beside what it is to be."""

    what: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def verdict(self) -> str:
        """Nothing where there is no aim."""
        return "" if not self.aim else "met" if self.is_met else "MISSED"

    @property
    def is_met(self) -> bool:
        return within(self.value, self.most, self.least)

    @property
    def aim(self) -> str:
        if self.most is None and self.least is None:
            return ""
        return f"{bound(self.most, self.least)}{self.unit.partition(' (')[0]}"

    @property
    def figure(self) -> str:
        return f"{shown(self.value)}{self.unit}"


def growth(points: Points, launches: Sequence[Mapping[str, float]]) -> Iterator[Judged]:
    """Everything that is to hold in a large cloud, of what was measured."""
    for operation, measures in _ALWAYS_THE_SAME.items():
        servers = points.get(operation, {})
        if beside := servers.get("kumoniwa, small"):
            size = max(beside, key=int)
            for measure in measures:
                what = f"{operation}, {UNITS[measure]}: {int(size):,} instances to 100"
                yield _ratio(what, servers["kumoniwa"][size][measure], beside[size][measure], most=_STEADY)
    if one := points.get("DescribeInstances, one id", {}).get("kumoniwa", {}):
        large = max(map(int, one))
        yield Judged(f"one id of {large:,}", spread(one[str(large)][TIME]).median, " ms", most=_ONE_ID_MS)
    if idle := points.get("idle", {}).get("kumoniwa", {}):
        large = max(map(int, idle))
        yield Judged(f"memory at {large:,}", spread(idle[str(large)][RSS]).median, " MiB", most=_MEMORY_MIB)
    seconds = {int(each["before"]): each[SECONDS] for each in launches}
    for before in (0, _LARGE, 10 * _LARGE):
        if before in seconds:
            what = f"1,000 launched and running, in a cloud of {before:,}"
            yield Judged(what, seconds[before], " s", most=_THOUSAND_SECONDS)
    if all(before in seconds for before in range(0, _LARGE, 1000)):
        whole = sum(seconds[before] for before in range(0, _LARGE, 1000))
        yield Judged("10,000 launched and running", whole, " s", most=_TEN_THOUSAND_SECONDS)


def on_guests(guests: Mapping[str, Any]) -> Iterator[Judged]:
    """What is to hold of real guests, of what was measured."""
    if speeds := guests.get("storage", {}).get("a second"):
        plain = speeds["plain qcow2"]
        for name in ("1 snapshot", "30 snapshots"):
            for measure, (disks, least) in _OF_DISKS.items():
                what = f"{disks} behind {name}, to a plain qcow2"
                yield _ratio(what, speeds[name][measure], plain[measure], least=least)
    for measure, of in (("login by SSH", ""), ("login by SSH, processor", " in processor time")):
        if boot := guests.get("boot", {}).get(measure):
            what = f"launch to a login by SSH{of}, to bare QEMU"
            yield _ratio(what, boot["kumoniwa"], boot["bare QEMU"], most=_LATER)
    for what, value in guests.get("idle", {}).get("ratio", {}).items():
        yield Judged(f"a guest that does nothing, its {what}, to bare QEMU", value, " ×")


def _ratio(
    what: str, ours: Sequence[float], theirs: Sequence[float], *, most: float | None = None, least: float | None = None
) -> Judged:
    found = ratio(ours, theirs)
    return Judged(what, found.median, f" × ({times(found.low)}–{times(found.high)})", most, least)
