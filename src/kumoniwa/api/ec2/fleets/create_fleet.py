"""CreateFleet, of type `instant`: instances of several launch templates and overrides, at once."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.fleets.fleet_output import ON_DEMAND, pool_output
from kumoniwa.api.ec2.fleets.fleet_pools import PRIORITIZED, Pool, in_order, parameters_of, pools_of
from kumoniwa.api.ec2.instances.launch.launch_template import merged_tags
from kumoniwa.api.ec2.instances.run_instances import MOST_INSTANCES, Launching, launch
from kumoniwa.api.ec2.kinds import FLEET
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, NotBuilt
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.ids import new_uuid_id
from kumoniwa.model.fleets import FLEET_ID_TAG, Fleet
from kumoniwa.store import fleets
from kumoniwa.values import dataclass

_TYPE = FLEET.resource_type
_INSTANT = "instant"
_TAGGED = (_TYPE, "instance", "volume", "network-interface")
_STRATEGIES = {"lowest-price": "lowest-price", "lowestPrice": "lowest-price", PRIORITIZED: PRIORITIZED}
"""Also in the word that tools had before (Terraform sends it)."""
_SPOT = NotBuiltParameter("InstanceMarketOptions.MarketType", "Spot Instances of fleets", harmless=("on-demand",))
_NOT_BUILT = (
    NotBuiltParameter("LaunchTemplateConfigs.Overrides.InstanceRequirements", "the choice of types by attributes"),
    NotBuiltParameter("OnDemandOptions.MaxTotalPrice", "prices"),
    NotBuiltParameter("ReservedCapacityOptions", "capacity reservations"),
    NotBuiltParameter("TargetCapacitySpecification.SpotTargetCapacity", "Spot Instances", harmless=(0,)),
    NotBuiltParameter(
        "TargetCapacitySpecification.TargetCapacityUnitType",
        "capacities in other units than instances",
        harmless=("units",),
    ),
)


class FleetTypeNotBuilt(NotBuilt):
    """A type of fleets that goes on asking for instances."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"EC2 Fleets of type {kind}", way_out=f"Ask for Type={_INSTANT}, which launches all at once and once."
        )


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What was launched of some pools, and what was not."""

    units: float
    launched: Sequence[Mapping[str, Any]]
    errors: Sequence[Mapping[str, Any]]


class _TooFew(Exception):
    """Fewer were launched than the fleet's MinTargetCapacity: what was is to be taken back."""

    def __init__(self, group: int, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(group)
        self.group, self.errors = group, errors


@action(
    "CreateFleet",
    depth=Depth.PARTLY,
    missing="Fleets are of type `instant` and on-demand. There are no prices: `lowest-price` is the order of "
    "processors and memory by unit of capacity. SpotOptions, MaxPrice, and what concerns other types of fleets, are "
    "stored and shown.",
    not_built=(
        NotBuiltParameter("Type", "EC2 Fleets of type maintain or request", harmless=(_INSTANT,)),
        NotBuiltParameter(
            "TargetCapacitySpecification.DefaultTargetCapacityType",
            "a target capacity of type spot, capacity-block or reserved-capacity",
            harmless=(ON_DEMAND,),
        ),
        *_NOT_BUILT,
    ),
)
async def create_fleet(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Launch the capacity asked for, of the first pools that have room, and say of each that has none why."""
    _check(parameters)
    tags = from_specifications(parameters, _TAGGED)
    host = await cloud.world.driver.capacity()
    fleet_id = new_uuid_id(FLEET.prefix)
    too_few: dict[int, Sequence[Mapping[str, Any]]] = {}

    def create(connection: Connection) -> Answer:
        made = _launched(connection, call, host, parameters, {FLEET_ID_TAG: fleet_id}, too_few)
        fleet = Fleet(
            id=fleet_id,
            account=call.account,
            region=call.region,
            created_at=call.at,
            client_token=call.token.value if call.token else "",
            fulfilled=made.units,
            asked=parameters,
            launched=made.launched,
            errors=made.errors,
        )
        fleets.add(connection, fleet)
        write(connection, call, fleet_id, _TYPE, tags.get(_TYPE))
        return {"FleetId": fleet_id, "Errors": list(made.errors), "Instances": list(made.launched)}

    while True:
        try:
            return await cloud.change(call, create)
        except _TooFew as fewer:
            too_few[fewer.group] = fewer.errors


def _check(parameters: Parameters) -> None:
    """Raises EC2's refusals of a request."""
    if (kind := parameters.get("Type") or "maintain") != _INSTANT:
        raise FleetTypeNotBuilt(kind)
    refuse(parameters, _NOT_BUILT)
    target = parameters["TargetCapacitySpecification"]
    total, on_demand = target["TotalTargetCapacity"], target.get("OnDemandTargetCapacity")
    if not 1 <= total <= MOST_INSTANCES:
        raise InvalidParameterValue(
            f"Value ({total}) for parameter totalTargetCapacity is invalid. Expecting a value between 1 and "
            f"{MOST_INSTANCES}."
        )
    if on_demand is not None and not 0 <= on_demand <= total:
        raise InvalidParameterValue(f"Value ({on_demand}) for parameter onDemandTargetCapacity is invalid.")
    if (usual := target.get("DefaultTargetCapacityType", ON_DEMAND)) != ON_DEMAND and (on_demand or 0) < total:
        raise NotBuilt(f"a target capacity of type {usual}", way_out="Ask for on-demand capacity.")
    options = parameters.get("OnDemandOptions") or {}
    _strategy(options)
    least = options.get("MinTargetCapacity")
    if least is not None and not (options.get("SingleInstanceType") or options.get("SingleAvailabilityZone")):
        raise InvalidParameterCombination(
            "MinTargetCapacity can be specified only with SingleInstanceType or SingleAvailabilityZone."
        )


def _strategy(options: Mapping[str, Any]) -> str:
    strategy = options.get("AllocationStrategy", "lowest-price")
    if strategy not in _STRATEGIES:
        raise InvalidParameterValue(f"Value ({strategy[:200]}) for parameter allocationStrategy is invalid.")
    return _STRATEGIES[strategy]


def _launched(
    connection: Connection,
    call: Call,
    host: Capacity,
    parameters: Parameters,
    marks: Mapping[str, str],
    too_few: Mapping[int, Sequence[Mapping[str, Any]]],
) -> _Attempt:
    """Launch of the pools that may be launched of together, those first that come first, but for those groups of them
    that had too few. Raises `_TooFew` where this one has."""
    options = parameters.get("OnDemandOptions") or {}
    pools = in_order(pools_of(connection, call, parameters["LaunchTemplateConfigs"]), _strategy(options))
    errors: list[Mapping[str, Any]] = []
    for number, group in enumerate(_groups(connection, call, pools, options)):
        if number in too_few:
            errors += too_few[number]
            continue
        made = _of_pools(connection, call, host, parameters, group, marks)
        errors += made.errors
        if made.units and made.units < (options.get("MinTargetCapacity") or 0):
            raise _TooFew(number, made.errors)
        if made.units:
            return _Attempt(made.units, made.launched, errors)
    return _Attempt(0.0, (), errors)


def _groups(connection: Connection, call: Call, pools: Sequence[Pool], options: Mapping[str, Any]) -> list[list[Pool]]:
    """The pools whose instances may be in one fleet: all, or those of one type, or of one zone."""
    groups: dict[tuple[str | None, str | None], list[Pool]] = {}
    for pool in pools:
        kind = pool.instance_type if options.get("SingleInstanceType") else None
        zone = pool.zone(connection, call) if options.get("SingleAvailabilityZone") else None
        groups.setdefault((kind, zone), []).append(pool)
    return list(groups.values())


def _of_pools(
    connection: Connection,
    call: Call,
    host: Capacity,
    parameters: Parameters,
    pools: Sequence[Pool],
    marks: Mapping[str, str],
) -> _Attempt:
    """Launch of one pool after another, until there is the capacity asked for."""
    target = parameters["TargetCapacitySpecification"]["TotalTargetCapacity"]
    tags = [one for one in parameters.get("TagSpecifications", ()) if one["ResourceType"] != _TYPE]
    units, launched, errors = 0.0, list[Mapping[str, Any]](), list[Mapping[str, Any]]()
    for pool in pools:
        if units >= target:
            break
        shown = {"LaunchTemplateAndOverrides": pool_output(pool), "Lifecycle": ON_DEMAND}
        try:
            asked = parameters_of(pool)
            asked["TagSpecifications"] = merged_tags(asked.get("TagSpecifications", ()), tags)
            most = math.ceil((target - units) / pool.weight)
            refuse(asked, [_SPOT])
            made, _ = launch(connection, call, host, Launching(asked, 1, most, {**pool.version.tags, **marks}))
        except Ec2Error as refusal:
            errors.append({**shown, "ErrorCode": refusal.code, "ErrorMessage": refusal.message})
            continue
        units += len(made) * pool.weight
        ids = [instance.id for instance in made]
        launched.append({**shown, "InstanceIds": ids, "InstanceType": made[0].instance_type})
    return _Attempt(units, launched, errors)
