"""MonitorInstances and UnmonitorInstances: a flag that is kept and told; Kumoniwa has no CloudWatch to send to."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.instance_lookup import check_modifiable, instances_named
from kumoniwa.api.not_built import Unbuilt, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.store import instances

_UNBUILT = (Unbuilt("MetricCategoryIds", "metric categories"),)


@action(
    "MonitorInstances",
    depth=Depth.RECORDED,
    missing="The state is stored and shown. There is no CloudWatch that metrics could go to.",
    unbuilt=_UNBUILT,
)
async def monitor_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Turn detailed monitoring on, for all of these instances or none. EC2 answers `pending`, and tells `enabled`."""
    return await _set(cloud, call, parameters, wanted=True)


@action(
    "UnmonitorInstances",
    depth=Depth.RECORDED,
    missing="The state is stored and shown. There is no CloudWatch that metrics could go to.",
    unbuilt=_UNBUILT,
)
async def unmonitor_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Turn detailed monitoring off, for all of these instances or none. EC2 answers `disabling`, tells `disabled`."""
    return await _set(cloud, call, parameters, wanted=False)


async def _set(cloud: Cloud, call: Call, parameters: Parameters, *, wanted: bool) -> Answer:
    refuse(parameters, _UNBUILT)
    changing, settled = ("pending", "enabled") if wanted else ("disabling", "disabled")

    def change(connection: Connection) -> Answer:
        named = instances_named(connection, call, parameters["InstanceIds"])
        for instance in named:
            check_modifiable(instance)
        for instance in named:
            instances.change(connection, instance.id, monitoring=wanted)
        told = [
            {"InstanceId": one.id, "Monitoring": {"State": settled if one.monitoring is wanted else changing}}
            for one in named
        ]
        return {"InstanceMonitorings": told}

    return await cloud.change(call, change)
