"""CreateFleet, of type `instant`: instances of several launch templates and overrides, at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.fleets.fleet_launch import Attempt, Launcher, TooFew, launch_part
from kumoniwa.api.ec2.fleets.fleet_parts import PARTS_NOT_BUILT, SPOT, Part, parts_of
from kumoniwa.api.ec2.fleets.fleet_pools import pools_of
from kumoniwa.api.ec2.kinds import FLEET, SPOT_REQUEST
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import NotBuilt
from kumoniwa.ids import new_uuid_id
from kumoniwa.model.fleets import FLEET_ID_TAG, Fleet
from kumoniwa.store import fleets

_TYPE = FLEET.resource_type
_INSTANT = "instant"
_TAGGED = (_TYPE, "instance", "volume", "network-interface", SPOT_REQUEST.resource_type)
_NOT_BUILT = (
    NotBuiltParameter("LaunchTemplateConfigs.Overrides.InstanceRequirements", "the choice of types by attributes"),
    NotBuiltParameter("ReservedCapacityOptions", "capacity reservations"),
)


class FleetTypeNotBuilt(NotBuilt):
    """A type of fleets that goes on asking for instances."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"EC2 Fleets of type {kind}", way_out=f"Ask for Type={_INSTANT}, which launches all at once and once."
        )


@action(
    "CreateFleet",
    depth=Depth.PARTLY,
    missing="Fleets are of type `instant`. Nothing is charged: prices are those that DescribeSpotPriceHistory makes "
    "up, and the capacity of a pool is what the host has room for. What concerns other types of fleets is stored and "
    "shown.",
    not_built=(
        NotBuiltParameter("Type", "EC2 Fleets of type maintain or request", harmless=(_INSTANT,)),
        *PARTS_NOT_BUILT,
        *_NOT_BUILT,
    ),
)
async def create_fleet(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Launch the capacity asked for, of the first pools that have room, and say of each that has none why."""
    if (kind := parameters.get("Type") or "maintain") != _INSTANT:
        raise FleetTypeNotBuilt(kind)
    refuse(parameters, _NOT_BUILT)
    parts = parts_of(parameters)
    tags = from_specifications(parameters, _TAGGED)
    host = await cloud.world.driver.capacity()
    fleet_id = new_uuid_id(FLEET.prefix)
    too_few: dict[tuple[str, int], Sequence[Mapping[str, Any]]] = {}

    def create(connection: Connection) -> Answer:
        launcher = Launcher(
            connection=connection,
            call=call,
            host=host,
            pools=pools_of(connection, call, parameters["LaunchTemplateConfigs"]),
            tags=[one for one in parameters.get("TagSpecifications", ()) if one["ResourceType"] != _TYPE],
            marks={FLEET_ID_TAG: fleet_id},
        )
        made = _together([launch_part(_of_part(launcher, part, parts), part, too_few) for part in parts])
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
        except TooFew as fewer:
            too_few[fewer.group] = fewer.errors


def _of_part(launcher: Launcher, part: Part, parts: Sequence[Part]) -> Launcher:
    """Tags of Spot requests are for that part of a fleet that has some; where none has, the launch refuses them."""
    if part.lifecycle == SPOT or len(parts) == 1:
        return launcher
    return replace(launcher, tags=[one for one in launcher.tags if one["ResourceType"] != SPOT_REQUEST.resource_type])


def _together(attempts: Sequence[Attempt]) -> Attempt:
    return Attempt(
        sum(one.units for one in attempts),
        [each for one in attempts for each in one.launched],
        [each for one in attempts for each in one.errors],
    )
