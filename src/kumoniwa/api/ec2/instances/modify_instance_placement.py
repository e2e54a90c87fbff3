"""ModifyInstancePlacement."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.launch.tenancy import DEDICATED, DEFAULT, tenancy_asked
from kumoniwa.api.ec2.instances.placement_groups import check_partition, check_tenancy, group_asked, group_of, moved_to
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.instance_lookup import check_stopped
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import Instance
from kumoniwa.store import instances, network_interfaces

_NOT_BUILT = (
    NotBuiltParameter("HostId", "Dedicated Hosts"),
    NotBuiltParameter("HostResourceGroupArn", "Dedicated Hosts"),
    NotBuiltParameter("Tenancy", "Dedicated Hosts", harmless=(DEFAULT, DEDICATED)),
)
_PLACES = ("Affinity", "GroupId", "GroupName", "PartitionNumber", "Tenancy")


@action(
    "ModifyInstancePlacement",
    depth=Depth.RECORDED,
    missing="Group, partition and tenancy are stored, shown and filtered by. All instances are on this one host.",
    not_built=_NOT_BUILT,
)
async def modify_instance_placement(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Move a stopped instance to a placement group or out of it, or give it another tenancy."""
    refuse(parameters, _NOT_BUILT)
    if all(parameters.get(name) is None for name in _PLACES):
        raise InvalidParameterCombination(
            "At least one attribute for affinity, host ID, tenancy, or placement group name must be specified."
        )
    if parameters.get("Affinity") is not None:
        raise InvalidParameterCombination(
            "The parameter affinity cannot be used without specifying a tenancy of 'host'"
        )

    def modify(connection: Connection) -> Answer:
        instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
        check_stopped(instance)
        group = _group(connection, call, instance, parameters)
        placement = {**group, **_tenancy(connection, call, instance, parameters.get("Tenancy"))}
        check_tenancy(group_of(connection, instance, placement), placement.get("Tenancy", DEFAULT))
        options = {name: value for name, value in instance.options.items() if name != "Placement"}
        if placement:
            options["Placement"] = placement
        instances.change(connection, instance.id, options=options)
        return {"Return": True}

    return await cloud.change(call, modify)


def _group(connection: Connection, call: Call, instance: Instance, parameters: Parameters) -> Mapping[str, Any]:
    """What the instance is to keep of its group: of another one, of none (its name is empty), or of another partition
    of its own."""
    before: Mapping[str, Any] = {
        name: value for name, value in instance.options.get("Placement", {}).items() if name != "Tenancy"
    }
    partition: int | None = parameters.get("PartitionNumber")
    if parameters.get("GroupName") is not None or parameters.get("GroupId") is not None:
        group = group_asked(connection, call.scope, INSTANCE_TYPES[instance.instance_type], parameters)
        return {} if group is None else moved_to(connection, group, partition, instance)
    if partition is None:
        return before
    if (own := group_of(connection, instance, before)) is None:
        raise InvalidParameterCombination("The parameter PartitionNumber can only be used with a placement group.")
    check_partition(own, partition)
    return {**before, "PartitionNumber": partition}


def _tenancy(connection: Connection, call: Call, instance: Instance, asked: str | None) -> Mapping[str, str]:
    """What the instance is to keep of its tenancy. In a VPC with tenancy `dedicated` it has no other."""
    tenancy = asked or instance.options.get("Placement", {}).get("Tenancy", DEFAULT)
    interface = network_interfaces.primary(connection, instance.id)
    if asked is not None and interface is not None:
        given = tenancy_asked(connection, call, {"Tenancy": asked}, interface.vpc_id)
        if given != asked:
            raise Ec2Error(
                "InvalidRequest",
                f"The tenancy of the instance '{instance.id}' cannot be changed to '{asked}': the tenancy of its VPC "
                f"is '{given}'.",
            )
    return {} if tenancy == DEFAULT else {"Tenancy": tenancy}
