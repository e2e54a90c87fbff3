"""DescribeFleets and DescribeFleetInstances."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.fleets.fleet_output import fleet_output, state_of
from kumoniwa.api.ec2.kinds import FLEET
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.filters import present, truth
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error
from kumoniwa.model.fleets import Fleet
from kumoniwa.model.instances import InstanceState
from kumoniwa.store import fleets, instances

_Described = tuple[Fleet, str]
"""A fleet with its state."""


def _read(connection: Connection, asked: Asked) -> list[_Described]:
    if asked.ids is None:
        return []  # fleets of type `instant` are shown to those alone who name them
    found = fleets.in_scope(connection, asked.call.scope, asked.ids)
    members = fleets.instances_of(connection, [fleet.id for fleet in found])
    there = instances.in_scope(connection, asked.call.scope, [one for ids in members.values() for one in ids])
    alive = {instance.id for instance in there if instance.state is not InstanceState.TERMINATED}
    return [(fleet, state_of(fleet, has_instances=not alive.isdisjoint(members.get(fleet.id, ())))) for fleet in found]


def _row(described: _Described, tags: Mapping[str, str]) -> dict[str, Any]:
    return fleet_output(*described, tags)


_FLEETS = Listing[_Described](
    member="Fleets",
    kind=FLEET,
    ids="FleetIds",
    read=_read,
    row=_row,
    id_of=lambda one: one[0].id,
    key=lambda one: one[0].id,
    filters={
        "activity-status": lambda _: ("fulfilled",),
        "excess-capacity-termination-policy": lambda one: present(one[0].asked.get("ExcessCapacityTerminationPolicy")),
        "fleet-state": lambda one: (one[1], one[1].replace("_", "-")),
        "replace-unhealthy-instances": lambda one: truth(bool(one[0].asked.get("ReplaceUnhealthyInstances"))),
        "type": lambda one: (one[0].asked["Type"],),
    },
    tagged=True,
    limits=(1, 1000),
)


@action("DescribeFleets")
async def describe_fleets(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The fleets with these ids. As on EC2, one of type `instant` is not shown to who names none."""
    return await _FLEETS.answer(cloud, call, parameters)


@action(
    "DescribeFleetInstances",
    depth=Depth.NOT_BUILT,
    missing="EC2 does not have it for fleets of type `instant`, and there are no others here. DescribeFleets says what "
    "a fleet launched.",
)
async def describe_fleet_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refused, as EC2 refuses it for fleets of type `instant`."""

    def describe(connection: Connection) -> Answer:
        fleet = named(connection, call.scope, FLEET, parameters["FleetId"])
        raise Ec2Error(
            "Unsupported",
            f"Fleet {fleet.id} is instant fleet. Describe fleet instances is not supported by this type of fleet",
        )

    return await cloud.read(describe)
