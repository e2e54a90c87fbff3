"""The launch of a fleet: of one pool after another, or of several at once, until there is the capacity asked for."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.fleets.fleet_output import pool_output
from kumoniwa.api.ec2.fleets.fleet_parts import SPOT, Part
from kumoniwa.api.ec2.fleets.fleet_pools import Pool, parameters_of
from kumoniwa.api.ec2.fleets.pool_order import Choice, in_order
from kumoniwa.api.ec2.instances.launch.checked_launch import Launching
from kumoniwa.api.ec2.instances.launch.launch_template import merged_tags
from kumoniwa.api.ec2.instances.run_instances import launch
from kumoniwa.api.ec2.instances.spot_market import SpotMaxPriceTooLow
from kumoniwa.errors import Ec2Error, InvalidParameterCombination
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.model.spot_requests import Interruption, SpotType
from kumoniwa.values import dataclass


class SpotInTemplate(InvalidParameterCombination):
    """A launch template that says by itself that its instances are Spot Instances."""

    def __init__(self) -> None:
        super().__init__(
            "The launch template requests Spot Instances (InstanceMarketOptions). Leave that out of it: in a fleet "
            "TargetCapacitySpecification and SpotOptions say what is launched as Spot Instances."
        )


@dataclass(frozen=True, slots=True)
class Launcher:
    """What all launches of a fleet have in common."""

    connection: Connection
    call: Call
    host: Capacity
    pools: Sequence[Pool]
    tags: Sequence[Mapping[str, Any]]
    """The request's TagSpecifications, without the fleet's own."""
    marks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was launched, and what was not."""

    units: float
    launched: Sequence[Mapping[str, Any]]
    errors: Sequence[Mapping[str, Any]]


class TooFew(Exception):
    """Fewer were launched of a group than the least that its part asks for: what was is to be taken back."""

    def __init__(self, group: tuple[str, int], errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(group)
        self.group, self.errors = group, errors


def launch_part(
    launcher: Launcher, part: Part, too_few: Mapping[tuple[str, int], Sequence[Mapping[str, Any]]]
) -> Attempt:
    """Launch of the pools that may be launched of together, those first that come first, but for those groups of them
    that had too few. Raises `TooFew` where this one has."""
    choices = in_order(launcher.connection, launcher.call, launcher.host, part, launcher.pools)
    errors: list[Mapping[str, Any]] = []
    for number, group in enumerate(_groups(part, choices)):
        key = part.lifecycle, number
        if key in too_few:
            errors += too_few[key]
            continue
        made = _Filling(launcher, part).fill(group)
        errors += made.errors
        if made.units and made.units < part.least:
            raise TooFew(key, made.errors)
        if made.units:
            return Attempt(made.units, made.launched, errors)
    return Attempt(0.0, (), errors)


def _groups(part: Part, choices: Sequence[Choice]) -> list[list[Choice]]:
    """The pools whose instances may be in one fleet: all, or those of one type, or of one zone."""
    groups: dict[tuple[str | None, str | None], list[Choice]] = {}
    for choice in choices:
        kind = choice.pool.instance_type if part.one_type else None
        groups.setdefault((kind, choice.zone if part.one_zone else None), []).append(choice)
    return list(groups.values())


class _Filling:
    """Launches of some pools until a part of the fleet has what it asks for."""

    def __init__(self, launcher: Launcher, part: Part) -> None:
        self._launcher, self._part = launcher, part
        self._units, self._dollars = 0.0, Decimal(0)
        self._launched: dict[int, dict[str, Any]] = {}
        """By the pool's position."""
        self._errors: list[Mapping[str, Any]] = []

    def fill(self, choices: Sequence[Choice]) -> Attempt:
        """Launch of the first of these as many as there are to be at once, each its share; where one gives fewer, the
        next takes its place."""
        left = list(choices)
        while left and self._units < self._part.target:
            at_once = left[: self._part.across]
            for number, choice in enumerate(at_once):
                share = (self._part.target - self._units) / (len(at_once) - number)
                wanted = math.ceil(share / choice.pool.weight)
                if wanted > 0 and self._launch(choice, wanted) < wanted:
                    left.remove(choice)
        return Attempt(self._units, list(self._launched.values()), self._errors)

    def _launch(self, choice: Choice, wanted: int) -> int:
        """Launch up to so many instances of a pool; gives how many there were."""
        pool, part = choice.pool, self._part
        most = self._within_price(choice, wanted)
        if most == 0:
            return 0
        shown = {"LaunchTemplateAndOverrides": pool_output(pool), "Lifecycle": part.lifecycle}
        try:
            asked = _asked(choice, part, self._launcher.tags)
            _check_pays(choice, part)
            marks = {**pool.version.tags, **self._launcher.marks}
            launching = Launching(asked, 1, most, marks)
            made, _ = launch(self._launcher.connection, self._launcher.call, self._launcher.host, launching)
        except Ec2Error as refusal:
            if pool.position not in self._launched:  # else it gave some, and what it lacks others give
                self._errors.append({**shown, "ErrorCode": refusal.code, "ErrorMessage": refusal.message})
            return 0
        self._units += len(made) * pool.weight
        self._dollars += len(made) * (choice.price or 0)
        entry = {**shown, "InstanceIds": [], "InstanceType": made[0].instance_type}
        self._launched.setdefault(pool.position, entry)["InstanceIds"] += [instance.id for instance in made]
        return len(made)

    def _within_price(self, choice: Choice, wanted: int) -> int:
        """As many as MaxTotalPrice has room for: where it is reached, no more are launched, and nothing is refused."""
        if self._part.most_dollars is None or choice.price is None:
            return wanted
        return min(wanted, int((self._part.most_dollars - self._dollars) // choice.price))


def _check_pays(choice: Choice, part: Part) -> None:
    """Raises `SpotMaxPriceTooLow` where a Spot Instance of the pool costs more than its MaxPrice."""
    most = (choice.pool.overrides or {}).get("MaxPrice")
    if part.lifecycle == SPOT and most is not None and choice.price is not None and Decimal(most) < choice.price:
        raise SpotMaxPriceTooLow(most, choice.price)


def _asked(choice: Choice, part: Part, tags: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What RunInstances would be asked for, to launch of this pool. Raises the refusal of what cannot be asked for."""
    asked = parameters_of(choice.pool)
    if (asked.get("InstanceMarketOptions") or {}).get("MarketType") == SPOT:
        raise SpotInTemplate
    asked["TagSpecifications"] = merged_tags(asked.get("TagSpecifications", ()), tags)
    if part.one_zone and choice.zone is not None:
        placement = {name: value for name, value in asked["Placement"].items() if name != "AvailabilityZoneId"}
        asked["Placement"] = {**placement, "AvailabilityZone": choice.zone}
    if part.lifecycle == SPOT:
        options = {
            "SpotInstanceType": str(SpotType.ONE_TIME),
            "MaxPrice": (choice.pool.overrides or {}).get("MaxPrice"),
            "InstanceInterruptionBehavior": str(Interruption.TERMINATE),
        }
        asked["InstanceMarketOptions"] = {"MarketType": "spot", "SpotOptions": options}
    return asked
