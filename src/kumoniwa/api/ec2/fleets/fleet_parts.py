"""What a fleet is to launch on demand and as Spot Instances: how much of each, of which pools first."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kumoniwa.api.call import Parameters
from kumoniwa.api.ec2.instances.run_instances import MOST_INSTANCES
from kumoniwa.api.ec2.instances.spot_market import INTERRUPTION_NOT_BUILT, check_price
from kumoniwa.api.not_built import NotBuiltParameter, below, refuse
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue
from kumoniwa.model.spot_requests import Interruption
from kumoniwa.values import dataclass

ON_DEMAND, SPOT = "on-demand", "spot"
PARTS_NOT_BUILT = (
    NotBuiltParameter(
        "TargetCapacitySpecification.DefaultTargetCapacityType",
        "a target capacity of type capacity-block or reserved-capacity",
        harmless=(ON_DEMAND, SPOT),
    ),
    NotBuiltParameter(
        "TargetCapacitySpecification.TargetCapacityUnitType",
        "capacities in other units than instances",
        harmless=("units",),
    ),
    *below("SpotOptions", [INTERRUPTION_NOT_BUILT]),
)
_OPTIONS = {ON_DEMAND: "OnDemandOptions", SPOT: "SpotOptions"}


class Strategy(StrEnum):
    """Which pools come first."""

    LOWEST_PRICE = "lowest-price"
    PRIORITIZED = "prioritized"
    DIVERSIFIED = "diversified"
    CAPACITY = "capacity-optimized"
    CAPACITY_PRIORITIZED = "capacity-optimized-prioritized"
    PRICE_CAPACITY = "price-capacity-optimized"


_OLDER_WORDS = {"lowestPrice": Strategy.LOWEST_PRICE}  # of tools: Terraform sends it
_STRATEGIES = {
    ON_DEMAND: (Strategy.LOWEST_PRICE, Strategy.PRIORITIZED),
    SPOT: tuple(one for one in Strategy if one is not Strategy.PRIORITIZED),
}


@dataclass(frozen=True, slots=True)
class Part:
    """What a fleet launches in one way of buying instances."""

    lifecycle: str
    target: int
    """In the units of the fleet's capacity."""
    strategy: Strategy
    across: int | None
    """Of so many pools at once, each its share; None of all."""
    one_type: bool
    one_zone: bool
    least: int
    """Fewer units are none."""
    most_dollars: Decimal | None
    """What all its instances may cost together in an hour."""


def parts_of(parameters: Parameters) -> list[Part]:
    """The parts of the fleet that a request asks for, on-demand first. Raises EC2's refusals."""
    refuse(parameters, PARTS_NOT_BUILT)
    _check_interruption(parameters.get("SpotOptions") or {})
    targets = capacities(parameters["TargetCapacitySpecification"])
    parts = [_part(parameters, lifecycle, target) for lifecycle, target in targets.items()]
    return [part for part in parts if part.target]


def capacities(target: Mapping[str, Any]) -> dict[str, int]:
    """How many units a TargetCapacitySpecification asks for in each way: what it says of neither is of the default
    type. Raises EC2's refusals."""
    total = target["TotalTargetCapacity"]
    if not 1 <= total <= MOST_INSTANCES:
        raise InvalidParameterValue(
            f"Value ({total}) for parameter totalTargetCapacity is invalid. Expecting a value between 1 and "
            f"{MOST_INSTANCES}."
        )
    on_demand, spot = target.get("OnDemandTargetCapacity"), target.get("SpotTargetCapacity")
    if on_demand is not None and not 0 <= on_demand <= total:
        raise InvalidParameterValue(f"Value ({on_demand}) for parameter onDemandTargetCapacity is invalid.")
    if spot is not None and not 0 <= spot <= total - (on_demand or 0):
        raise InvalidParameterValue(f"Value ({spot}) for parameter spotTargetCapacity is invalid.")
    said = {ON_DEMAND: on_demand or 0, SPOT: spot or 0}
    usual = target.get("DefaultTargetCapacityType", ON_DEMAND)
    return {**said, usual: said.get(usual, 0) + total - sum(said.values())}


def shown_options(lifecycle: str, asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """OnDemandOptions or SpotOptions as DescribeFleets shows them: with what they are where nothing is said."""
    usual: dict[str, Any] = {"AllocationStrategy": "lowestPrice"}
    if lifecycle == SPOT:
        usual["InstanceInterruptionBehavior"] = str(Interruption.TERMINATE)
        strategy = (asked or {}).get("AllocationStrategy", Strategy.LOWEST_PRICE)  # an earlier version took any word
        if _OLDER_WORDS.get(strategy, strategy) == Strategy.LOWEST_PRICE:
            usual["InstancePoolsToUseCount"] = 1
    return {**usual, **(asked or {})}


def _part(parameters: Parameters, lifecycle: str, target: int) -> Part:
    """The part of this way of buying, and this many units. Raises EC2's refusals of its options."""
    options: Mapping[str, Any] = parameters.get(_OPTIONS[lifecycle]) or {}
    strategy = _strategy(options.get("AllocationStrategy"), lifecycle)
    one_type, one_zone = bool(options.get("SingleInstanceType")), bool(options.get("SingleAvailabilityZone"))
    least = options.get("MinTargetCapacity")
    if least is not None and not (one_type or one_zone):
        raise InvalidParameterCombination(
            "MinTargetCapacity can be specified only with SingleInstanceType or SingleAvailabilityZone."
        )
    dollars = options.get("MaxTotalPrice")
    return Part(
        lifecycle=lifecycle,
        target=target,
        strategy=strategy,
        across=_across(options.get("InstancePoolsToUseCount"), strategy),
        one_type=one_type,
        one_zone=one_zone,
        least=least or 0,
        most_dollars=None if dollars is None else check_price(dollars, "maxTotalPrice"),
    )


def _strategy(asked: str | None, lifecycle: str) -> Strategy:
    for strategy in _STRATEGIES[lifecycle]:
        if strategy == _OLDER_WORDS.get(asked or "", asked or Strategy.LOWEST_PRICE):
            return strategy
    raise InvalidParameterValue(f"Value ({str(asked)[:200]}) for parameter allocationStrategy is invalid.")


def _across(asked: int | None, strategy: Strategy) -> int | None:
    if asked is None:
        return None if strategy is Strategy.DIVERSIFIED else 1
    if strategy is not Strategy.LOWEST_PRICE:
        raise InvalidParameterCombination(
            "InstancePoolsToUseCount can be specified only with the allocation strategy lowest-price."
        )
    if asked < 1:
        raise InvalidParameterValue(f"Value ({asked}) for parameter instancePoolsToUseCount is invalid.")
    return asked


def _check_interruption(options: Mapping[str, Any]) -> None:
    """Raises EC2's refusal of instances that are stopped: who starts them again is a fleet of type `maintain`."""
    if options.get("InstanceInterruptionBehavior") == Interruption.STOP:
        raise InvalidParameterCombination(
            "The interruption behavior 'stop' can only be used with fleets of type maintain."
        )
