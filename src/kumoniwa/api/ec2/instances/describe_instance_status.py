"""DescribeInstanceStatus."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.instance_output import state_output
from kumoniwa.api.ec2.instances.selected_instances import COMPARISONS, INSTANCES
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.filters import Values, never, truth
from kumoniwa.api.listing import NOT_PAGED, Asked, Listing
from kumoniwa.api.member_paths import Output
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.instances import Instance, InstanceState, Reachability
from kumoniwa.model.regions import zone_id
from kumoniwa.store import instances
from kumoniwa.store.selection import Condition, Texts


def _status(check: str) -> Callable[["_Status"], Iterable[str]]:
    return lambda shown: (shown[1][check]["Status"],)


def _reachability(check: str) -> Callable[["_Status"], Iterable[str]]:
    return lambda shown: [detail["Status"] for detail in shown[1][check].get("Details", ())]


_Status = tuple[Instance, Output]
"""An instance and its status."""

_FILTERS: Mapping[str, Values[_Status]] = {
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


_COMPARED = ("availability-zone", "instance-state-code", "instance-state-name")
_COMPARISONS = {name: COMPARISONS[name] for name in _COMPARED}


def _status_output(instance: Instance, impaired_since: datetime | None = None) -> Output:
    """The three checks. The instance is the guest (`Reachability`); the system is this host, and what we do on it for
    the instance: impaired while that does not get on (`workflows/troubles.py`)."""
    if instance.state is not InstanceState.RUNNING:
        absent: Output = {"Status": "not-applicable"}
        system, guest, volumes = absent, absent, absent
    else:
        words = {
            Reachability.OK: ("ok", "passed"),
            Reachability.INITIALIZING: ("initializing", "initializing"),
            Reachability.IMPAIRED: ("impaired", "failed"),
        }
        guest = _check(*words[instance.reachability], instance.impaired_since)
        host = (
            words[Reachability.INITIALIZING] if instance.reachability is Reachability.INITIALIZING else ("ok", "passed")
        )
        system, volumes = _check(*host), _check(*host)
    if impaired_since is not None:
        system = _check("impaired", "failed", impaired_since)
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


def _check(status: str, reachability: str, impaired_since: datetime | None = None) -> Output:
    detail = {"Name": "reachability", "Status": reachability, "ImpairedSince": impaired_since}
    return {"Status": status, "Details": [detail]}


def _read(connection: Connection, asked: Asked) -> list[_Status]:
    every = bool(asked.parameters.get("IncludeAllInstances"))
    since = {one.instance: one.since for one in reversed(asked.cloud.world.troubles.overdue())}
    found = instances.in_scope(connection, asked.call.scope, asked.ids)
    INSTANCE.check_all_found(asked.ids, {instance.id for instance in found})
    return [
        (instance, _status_output(instance, since.get(instance.id)))
        for instance in found
        if every or instance.state is InstanceState.RUNNING
    ]


def _in_states(asked: Asked) -> list[Condition]:
    every = asked.parameters.get("IncludeAllInstances")
    return [] if every else [Condition(COMPARISONS["instance-state-name"], Texts((InstanceState.RUNNING,)))]


_STATUSES = Listing(
    member="InstanceStatuses",
    kind=INSTANCE,
    ids="InstanceIds",
    read=_read,
    read_checks_ids=True,
    row=lambda shown, _: shown[1],
    id_of=lambda shown: shown[0].id,
    key=lambda shown: INSTANCES.key(shown[0]),
    selection=replace(INSTANCES, comparisons=_COMPARISONS, columns=()),
    also=_in_states,
    filters=_FILTERS,
    tagged=True,
    limits=(5, 1000),
    whole={"InstanceIds": NOT_PAGED.format("instancesSet")},
)


@action(
    "DescribeInstanceStatus",
    depth=Depth.PARTLY,
    missing="There are no scheduled events. The check of attached volumes does not fail.",
)
async def describe_instance_status(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The status checks of running instances; of all, with IncludeAllInstances."""
    return await _STATUSES.answer(cloud, call, parameters)
