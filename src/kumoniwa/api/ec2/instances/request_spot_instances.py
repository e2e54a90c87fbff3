"""RequestSpotInstances: each request is fulfilled at once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.launch.checked_launch import Launching
from kumoniwa.api.ec2.instances.run_instances import launch
from kumoniwa.api.ec2.instances.spot_market import INTERRUPTION_NOT_BUILT, checked_market, request_id_of
from kumoniwa.api.ec2.instances.spot_requests import output, shown
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue, MissingParameter
from kumoniwa.model.instances import InstanceState
from kumoniwa.store import spot_requests
from kumoniwa.store.tags import tags_of

_NOT_BUILT = (
    NotBuiltParameter("ValidFrom", "Spot requests that begin later"),
    NotBuiltParameter("AvailabilityZoneGroup", "groups of zones of Spot requests"),
    NotBuiltParameter("BlockDurationMinutes", "Spot Instances of a fixed duration"),
    NotBuiltParameter("LaunchSpecification.AddressingType", "addressing types"),
    INTERRUPTION_NOT_BUILT,
)
_MOST = 1000
_AS_IN_A_LAUNCH = (
    *("BlockDeviceMappings", "EbsOptimized", "IamInstanceProfile", "ImageId", "InstanceType", "KernelId", "KeyName"),
    *("Monitoring", "NetworkInterfaces", "Placement", "RamdiskId", "SubnetId", "UserData"),
)


@action(
    "RequestSpotInstances",
    depth=Depth.PARTLY,
    missing="There is always capacity: a request is fulfilled at once, or refused as a launch would be. Nothing is "
    "charged. A persistent request launches no second instance.",
    not_built=_NOT_BUILT,
)
async def request_spot_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Launch Spot Instances, one for each request."""
    refuse(parameters, _NOT_BUILT)
    if (specification := parameters.get("LaunchSpecification")) is None:
        raise MissingParameter("LaunchSpecification")
    count = parameters.get("InstanceCount", 1)
    if not 1 <= count <= _MOST:
        raise InvalidParameterValue(f"Value ({count}) for parameter instanceCount is invalid.")
    market = checked_market(
        parameters.get("Type"), parameters.get("SpotPrice"), parameters.get("InstanceInterruptionBehavior")
    )
    host = await cloud.world.driver.capacity()
    asked = {**_launching(specification), "TagSpecifications": parameters.get("TagSpecifications") or []}
    options = {
        "SpotInstanceType": str(market.type),
        "MaxPrice": market.max_price,
        "InstanceInterruptionBehavior": str(market.interruption),
        "ValidUntil": parameters.get("ValidUntil"),
    }
    asked["InstanceMarketOptions"] = {"MarketType": "spot", "SpotOptions": options}

    def request(connection: Connection) -> Answer:
        launched, _ = launch(connection, call, host, Launching(asked, count, count, {}))
        ids = [str(request_id_of(instance)) for instance in launched]
        if (group := parameters.get("LaunchGroup")) is not None:
            for one in ids:
                spot_requests.change(connection, one, launch_group=group)
        tags = tags_of(connection, call.scope, ids=ids)
        found = spot_requests.in_scope(connection, call.scope, ids)
        rows = [output(shown(one, InstanceState.PENDING), tags.get(one.id, {})) for one in found]
        return {"SpotInstanceRequests": rows}

    return await cloud.change(call, request)


def _launching(specification: Mapping[str, Any]) -> dict[str, Any]:
    """A launch specification as the parameters of RunInstances."""
    asked = {name: specification[name] for name in _AS_IN_A_LAUNCH if specification.get(name) is not None}
    if ids := specification.get("SecurityGroupIds"):
        asked["SecurityGroupIds"] = ids
    if names := specification.get("SecurityGroups"):
        asked["SecurityGroups"] = names
    return asked
