"""DescribeInstances and DescribeInstanceStatus."""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.described_instances import described_instances
from kumoniwa.api.ec2.instances.instance_filters import FILTERS, Shown, interface_tag_filters
from kumoniwa.api.ec2.instances.instance_output import reservations, state_output, surroundings
from kumoniwa.api.ec2.named.instance_lookup import instances_named
from kumoniwa.api.filters import never, truth
from kumoniwa.api.listing import page
from kumoniwa.api.member_paths import Output
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.instances import Instance, InstanceState, Reachability
from kumoniwa.model.regions import zone_id
from kumoniwa.store import instances
from kumoniwa.store.tags import tags_of


def _status(check: str) -> Callable[[Shown], Iterable[str]]:
    return lambda shown: (shown[1][check]["Status"],)


def _reachability(check: str) -> Callable[[Shown], Iterable[str]]:
    return lambda shown: [detail["Status"] for detail in shown[1][check].get("Details", ())]


_STATUS_FILTERS: Mapping[str, Callable[[Shown], Iterable[str]]] = {
    "attached-ebs-status.status": _status("AttachedEbsStatus"),
    "availability-zone": lambda shown: (shown[0].zone,),
    "availability-zone-id": lambda shown: (shown[1]["AvailabilityZoneId"],),
    "instance-state-code": lambda shown: (str(shown[0].state.code),),
    "instance-state-name": lambda shown: (str(shown[0].state),),
    "instance-status.reachability": _reachability("InstanceStatus"),
    "instance-status.status": _status("InstanceStatus"),
    "operator.managed": lambda shown: truth(False),
    "system-status.reachability": _reachability("SystemStatus"),
    "system-status.status": _status("SystemStatus"),
    **never(
        "application-status.status",
        "event.code",
        "event.description",
        "event.instance-event-id",
        "event.not-after",
        "event.not-before",
        "event.not-before-deadline",
        "operator.principal",
    ),
}


@action("DescribeInstances")
async def describe_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The instances, under the reservations that launched them. Terminated ones are told for about an hour."""

    def describe(connection: Connection) -> Answer:
        shown, token = page(
            call,
            parameters,
            described_instances(cloud, connection, call, parameters.get("InstanceIds")),
            filters=_filters(connection, call, parameters),
            key=_key,
            tags=lambda shown: {tag["Key"]: tag["Value"] for tag in shown[1]["Tags"] or ()},
            limits=(5, 1000),
            whole={"InstanceIds": "instancesSet"},
        )
        told = reservations([instance for instance, _ in shown], [output for _, output in shown])
        return {"Reservations": told, "NextToken": token}

    return await cloud.read(describe)


@action(
    "DescribeInstanceStatus",
    depth=Depth.PARTLY,
    missing="There are no scheduled events. The system check and the check of attached volumes do not fail.",
)
async def describe_instance_status(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The status checks of running instances; of all, with IncludeAllInstances."""

    def describe(connection: Connection) -> Answer:
        found = _asked_for(connection, call, parameters)
        if not parameters.get("IncludeAllInstances"):
            found = [instance for instance in found if instance.state is InstanceState.RUNNING]
        around = surroundings(connection, call, found)
        shown, token = page(
            call,
            parameters,
            [(instance, _status_output(instance)) for instance in found],
            filters=_STATUS_FILTERS,
            key=_key,
            tags=lambda shown: around.tags.get(shown[0].id, {}),
            limits=(5, 1000),
            whole={"InstanceIds": "instancesSet"},
        )
        return {"InstanceStatuses": [output for _, output in shown], "NextToken": token}

    return await cloud.read(describe)


def _asked_for(connection: Connection, call: Call, parameters: Parameters) -> list[Instance]:
    if ids := parameters.get("InstanceIds"):
        return instances_named(connection, call, ids)
    return instances.in_scope(connection, call.account, call.region)


def _filters(
    connection: Connection, call: Call, parameters: Parameters
) -> Mapping[str, Callable[[Shown], Iterable[str]]]:
    if not parameters.get("Filters"):
        return FILTERS
    interfaces = tags_of(connection, call.account, call.region, "network-interface")
    return {**FILTERS, **interface_tag_filters(interfaces)}


def _key(shown: Shown) -> str:
    """The order in which instances are told: by their first launch, those of one reservation together."""
    instance = shown[0]
    return (
        f"{instance.first_launch_time.isoformat()} {instance.reservation_id} {instance.launch_index:04} {instance.id}"
    )


def _status_output(instance: Instance) -> Output:
    """The three checks. The system is this host, which answers; the instance is the guest (`Reachability`)."""
    if instance.state is not InstanceState.RUNNING:
        absent: Output = {"Status": "not-applicable"}
        system, guest, volumes = absent, absent, absent
    else:
        words = {
            Reachability.OK: ("ok", "passed"),
            Reachability.INITIALIZING: ("initializing", "initializing"),
            Reachability.IMPAIRED: ("impaired", "failed"),
        }
        status, reachability = words[instance.reachability]
        detail = {"Name": "reachability", "Status": reachability, "ImpairedSince": instance.impaired_since}
        guest = {"Status": status, "Details": [detail]}
        starting = instance.reachability is Reachability.INITIALIZING
        host = ("initializing", "initializing") if starting else ("ok", "passed")
        system = {"Status": host[0], "Details": [{"Name": "reachability", "Status": host[1]}]}
        volumes = {"Status": host[0], "Details": [{"Name": "reachability", "Status": host[1]}]}
    return {
        "AvailabilityZone": instance.zone,
        "AvailabilityZoneId": zone_id(instance.zone),
        "InstanceId": instance.id,
        "InstanceState": state_output(instance.state),
        "InstanceStatus": guest,
        "SystemStatus": system,
        "AttachedEbsStatus": volumes,
        "Operator": {"Managed": False},
    }
