"""CreatePlacementGroup, DeletePlacementGroup and DescribePlacementGroups, and what a launch asks of a group.

All instances are on this one host, so no strategy has an effect: groups are records, with EC2's refusals.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import PLACEMENT_GROUP
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.api.filters import Values, present
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.instance_types import InstanceType
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.placement_groups import MOST_PARTITIONS, PlacementGroup, Strategy
from kumoniwa.model.scope import Scope
from kumoniwa.store import instances, placement_groups
from kumoniwa.store import tags as tag_rows

_NOT_BUILT = (
    NotBuiltParameter("SpreadLevel", "groups that spread instances over hosts of an Outpost", harmless=("rack",)),
    NotBuiltParameter("LinkedGroupId", "linked placement groups"),
    NotBuiltParameter("ParentGroupId", "placement groups in others"),
    NotBuiltParameter("Operator", "placement groups operated by a service"),
)
_TYPE = "placement-group"
_LONGEST_NAME = 255
_GONE = (InstanceState.TERMINATED, InstanceState.SHUTTING_DOWN)
_RECORDED = "All instances are on this one host: the strategy has no effect, and no limit of a strategy is kept."


def unknown(name: str) -> Ec2Error:
    """EC2's refusal of a name or an id that no group has."""
    return Ec2Error("InvalidPlacementGroup.Unknown", f"The Placement Group '{name[:_LONGEST_NAME]}' is unknown.")


@action("CreatePlacementGroup", depth=Depth.RECORDED, missing=_RECORDED, not_built=_NOT_BUILT)
async def create_placement_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a group, to which instances can be launched."""
    refuse(parameters, _NOT_BUILT)
    if not (name := parameters.get("GroupName")):
        raise MissingParameter("groupName")
    if not name.isascii() or len(name) > _LONGEST_NAME:  # AWS's reference: "up to 255 ASCII characters"
        raise InvalidParameterValue(
            f"Value ({name[:_LONGEST_NAME]}) for parameter groupName is invalid. "
            f"It must have at most {_LONGEST_NAME} characters of ASCII."
        )
    strategy = _strategy(parameters.get("Strategy") or Strategy.CLUSTER)
    count = _partitions(strategy, parameters.get("PartitionCount"))
    if parameters.get("SpreadLevel") is not None and strategy is not Strategy.SPREAD:
        raise InvalidParameterCombination("The parameter SpreadLevel can only be used with the spread strategy.")
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)

    def create(connection: Connection) -> Answer:
        if placement_groups.named(connection, call.scope, name) is not None:
            raise Ec2Error("InvalidPlacementGroup.Duplicate", f"The placement group '{name}' already exists.")
        group = PlacementGroup(
            id=new_id(PLACEMENT_GROUP.prefix),
            account=call.account,
            region=call.region,
            name=name,
            strategy=strategy,
            partition_count=count,
            spread_level="rack" if strategy is Strategy.SPREAD else None,
        )
        placement_groups.add(connection, group)
        write(connection, call, group.id, _TYPE, tags)
        return {"PlacementGroup": _output(group, tags or {})}

    return await cloud.change(call, create)


@action("DeletePlacementGroup")
async def delete_placement_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a group in which no instance is."""

    def remove(connection: Connection) -> Answer:
        group = placement_groups.named(connection, call.scope, parameters["GroupName"])
        if group is None:
            raise unknown(parameters["GroupName"])
        if any(_is_in(instance, group) for instance in instances.in_scope(connection, call.scope)):
            raise Ec2Error(
                "InvalidPlacementGroup.InUse", f"The placement group '{group.name}' is in use and may not be deleted."
            )
        tag_rows.remove_all(connection, group.id)
        placement_groups.remove(connection, group.id)
        return None

    return await cloud.change(call, remove)


def _is_in(instance: Instance, group: PlacementGroup) -> bool:
    return instance.state not in _GONE and instance.options.get("Placement", {}).get("GroupId") == group.id


def _output(group: PlacementGroup, tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "GroupName": group.name,
        "State": "available",
        "Strategy": str(group.strategy),
        "PartitionCount": group.partition_count,
        "GroupId": group.id,
        "Tags": tag_set(tags),
        "GroupArn": _arn(group),
        "SpreadLevel": group.spread_level,
    }


def _arn(group: PlacementGroup) -> str:
    return f"arn:aws:ec2:{group.region}:{group.account}:placement-group/{group.name}"


def _read(connection: Connection, asked: Asked) -> list[PlacementGroup]:
    found = placement_groups.in_scope(connection, asked.call.scope, asked.ids)
    if missing := _missing(asked.ids or (), {group.id for group in found}):
        raise unknown(missing)
    if not (names := asked.parameters.get("GroupNames")):
        return found
    if missing := _missing(names, {group.name for group in found}):
        raise unknown(missing)
    return [group for group in found if group.name in names]


def _missing(asked: Collection[str], found: Collection[str]) -> str | None:
    return next((one for one in asked if one not in found), None)


_FILTERS: Mapping[str, Values[PlacementGroup]] = {
    "group-arn": lambda group: (_arn(group),),
    "group-id": lambda group: (group.id,),
    "group-name": lambda group: (group.name,),
    "spread-level": lambda group: present(group.spread_level),
    "state": lambda _: ("available",),
    "strategy": lambda group: (str(group.strategy),),
}
_PLACEMENT_GROUPS = Listing(
    member="PlacementGroups",
    kind=PLACEMENT_GROUP,
    ids="GroupIds",
    read=_read,
    read_checks_ids=True,
    row=_output,
    key=lambda group: group.name,
    filters=_FILTERS,
    tagged=True,
)


@action("DescribePlacementGroups")
async def describe_placement_groups(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The placement groups of a region."""
    return await _PLACEMENT_GROUPS.answer(cloud, call, parameters)


def _strategy(asked: str) -> Strategy:
    try:
        return Strategy(asked)
    except ValueError:
        raise InvalidParameterValue(f"Value ({asked[:200]}) for parameter strategy is invalid.") from None


def _partitions(strategy: Strategy, asked: int | None) -> int | None:
    if strategy is not Strategy.PARTITION:
        if asked is not None:
            raise InvalidParameterCombination(
                "The parameter PartitionCount can only be used with the partition strategy."
            )
        return None
    count = 2 if asked is None else asked
    if not 1 <= count <= MOST_PARTITIONS:
        raise InvalidParameterValue(
            f"Value ({count}) for parameter PartitionCount is invalid. It has to be from 1 to {MOST_PARTITIONS}."
        )
    return count


def group_asked(
    connection: Connection, scope: Scope, kind: InstanceType, placement: Mapping[str, Any]
) -> PlacementGroup | None:
    """The group that a launch asks for, if any. Raises EC2's refusals, also of a type that cannot be in it."""
    name: str | None = placement.get("GroupName")
    group_id: str | None = placement.get("GroupId")
    if name and group_id:
        raise InvalidParameterCombination("The parameter groupName cannot be used with the parameter groupId")
    if group_id:
        PLACEMENT_GROUP.check_form([group_id])
    group = None
    if name:
        group = placement_groups.named(connection, scope, name)
    elif group_id:
        group = next(iter(placement_groups.in_scope(connection, scope, [group_id])), None)
    if group is None:
        if asked := name or group_id:
            raise unknown(asked)
        if placement.get("PartitionNumber") is not None:
            raise InvalidParameterCombination("The parameter PartitionNumber can only be used with a placement group.")
        return None
    if group.strategy not in kind.strategies:
        raise InvalidParameterCombination(
            f"{group.strategy.title()} placement groups are not supported by the '{kind.name}' instance type. Specify "
            "a supported instance type or change the placement group strategy, and try again."
        )
    check_partition(group, placement.get("PartitionNumber"))
    return group


def check_partition(group: PlacementGroup, asked: int | None) -> None:
    """Raises the refusals of a partition that a group does not have."""
    if asked is None:
        return
    if group.partition_count is None:
        raise InvalidParameterCombination(
            f"The parameter PartitionNumber cannot be used with the placement group '{group.name}', whose strategy is "
            f"{group.strategy}."
        )
    if not 1 <= asked <= group.partition_count:
        raise InvalidParameterValue(f"Value ({asked}) for parameter PartitionNumber is invalid.")


def check_tenancy(group: PlacementGroup | None, tenancy: str) -> None:
    """Raises the refusal of dedicated instances in a group that spreads them."""
    if group is not None and group.strategy is Strategy.SPREAD and tenancy != "default":
        raise InvalidParameterCombination(
            f"Spread placement groups are not supported for instances with a tenancy of '{tenancy}'."
        )


def group_of(connection: Connection, instance: Instance, placement: Mapping[str, Any]) -> PlacementGroup | None:
    """The group of what an instance keeps of its placement. It is there as long as an instance is in it."""
    if (group_id := placement.get("GroupId")) is None:
        return None
    return next(iter(placement_groups.in_scope(connection, Scope.of(instance), [group_id])))


def moved_to(
    connection: Connection, group: PlacementGroup, partition: int | None, instance: Instance
) -> Mapping[str, Any]:
    """What an instance that comes to a group later keeps of it."""
    others = [one for one in instances.in_scope(connection, Scope.of(instance)) if one.id != instance.id]
    return placed_in(group, partition, sum(_is_in(other, group) for other in others))


def placed_in(group: PlacementGroup, asked: int | None, index: int) -> Mapping[str, Any]:
    """What an instance keeps of its group: the partitions are filled in turn where the launch names none."""
    placed: dict[str, Any] = {"GroupName": group.name, "GroupId": group.id}
    if group.partition_count is not None:
        placed["PartitionNumber"] = asked if asked is not None else index % group.partition_count + 1
    return placed
