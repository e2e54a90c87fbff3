"""DescribeInstances and DescribeInstanceStatus."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.cloud import Cloud
from kumoniwa.api.describe import page, present, truth
from kumoniwa.api.instance_lifecycle import state_output
from kumoniwa.api.instance_lookup import instances_named
from kumoniwa.api.instance_output import instance_output, reservations, surroundings
from kumoniwa.api.registry import Answer, Call, Parameters, action
from kumoniwa.model.hostnames import private_hostname
from kumoniwa.model.instances import Instance, InstanceState, Reachability
from kumoniwa.model.regions import zones
from kumoniwa.store import instances

_Output = Mapping[str, Any]
_Shown = tuple[Instance, _Output]


def _of(name: str) -> Callable[[_Shown], Iterable[str]]:
    """A member of the instance as EC2 describes it."""
    return lambda shown: present(shown[1].get(name))


def _devices(read: Callable[[_Output], object]) -> Callable[[_Shown], Iterable[str]]:
    return lambda shown: present(*(read(device) for device in shown[1]["BlockDeviceMappings"]))


def _interfaces(read: Callable[[_Output], object]) -> Callable[[_Shown], Iterable[str]]:
    return lambda shown: present(*(read(interface) for interface in shown[1]["NetworkInterfaces"]))


def _groups(member: str) -> Callable[[_Shown], Iterable[str]]:
    return lambda shown: [group[member] for group in shown[1]["SecurityGroups"]]


def _metadata(member: str) -> Callable[[_Shown], Iterable[str]]:
    return lambda shown: present(shown[1]["MetadataOptions"][member])


def _time(value: Any) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")  # type: ignore[no-any-return]


_FILTERS: Mapping[str, Callable[[_Shown], Iterable[str]]] = {
    "architecture": _of("Architecture"),
    "availability-zone": lambda shown: (shown[0].zone,),
    "block-device-mapping.attach-time": _devices(lambda device: _time(device["Ebs"]["AttachTime"])),
    "block-device-mapping.delete-on-termination": _devices(
        lambda device: "true" if device["Ebs"]["DeleteOnTermination"] else "false"
    ),
    "block-device-mapping.device-name": _devices(lambda device: device["DeviceName"]),
    "block-device-mapping.status": _devices(lambda device: device["Ebs"]["Status"]),
    "block-device-mapping.volume-id": _devices(lambda device: device["Ebs"]["VolumeId"]),
    "client-token": _of("ClientToken"),
    "current-instance-boot-mode": _of("CurrentInstanceBootMode"),
    "dns-name": _of("PublicDnsName"),
    "ebs-optimized": lambda shown: truth(shown[0].ebs_optimized),
    "ena-support": lambda shown: truth(True),
    "enclave-options.enabled": lambda shown: truth(False),
    "hibernation-options.configured": lambda shown: truth(False),
    "hypervisor": _of("Hypervisor"),
    "image-id": _of("ImageId"),
    "instance-id": _of("InstanceId"),
    "instance-lifecycle": lambda shown: (),
    "instance-state-code": lambda shown: (str(shown[0].state.code),),
    "instance-state-name": lambda shown: (str(shown[0].state),),
    "instance-type": _of("InstanceType"),
    "instance.group-id": _groups("GroupId"),
    "instance.group-name": _groups("GroupName"),
    "group-id": _groups("GroupId"),
    "group-name": _groups("GroupName"),
    "ip-address": _of("PublicIpAddress"),
    "key-name": _of("KeyName"),
    "launch-index": lambda shown: (str(shown[0].launch_index),),
    "launch-time": lambda shown: (_time(shown[0].launch_time),),
    "metadata-options.http-endpoint": _metadata("HttpEndpoint"),
    "metadata-options.http-put-response-hop-limit": _metadata("HttpPutResponseHopLimit"),
    "metadata-options.http-tokens": _metadata("HttpTokens"),
    "metadata-options.instance-metadata-tags": _metadata("InstanceMetadataTags"),
    "monitoring-state": lambda shown: ("enabled" if shown[0].monitoring else "disabled",),
    "network-interface.addresses.private-ip-address": _interfaces(lambda one: one["PrivateIpAddress"]),
    "network-interface.availability-zone": lambda shown: (shown[0].zone,),
    "network-interface.group-id": _groups("GroupId"),
    "network-interface.group-name": _groups("GroupName"),
    "network-interface.mac-address": _interfaces(lambda one: one["MacAddress"]),
    "network-interface.network-interface-id": _interfaces(lambda one: one["NetworkInterfaceId"]),
    "network-interface.private-dns-name": _interfaces(lambda one: one["PrivateDnsName"]),
    "network-interface.status": _interfaces(lambda one: one["Status"]),
    "network-interface.subnet-id": _interfaces(lambda one: one["SubnetId"]),
    "network-interface.vpc-id": _interfaces(lambda one: one["VpcId"]),
    "owner-id": lambda shown: (shown[0].account,),
    "platform": lambda shown: (),
    "platform-details": _of("PlatformDetails"),
    "private-dns-name": lambda shown: (private_hostname(shown[0].private_ip, shown[0].region),),
    "private-ip-address": _of("PrivateIpAddress"),
    "product-code": lambda shown: (),
    "reason": lambda shown: (shown[0].state_transition_reason,),
    "requester-id": lambda shown: (shown[0].requester,),
    "reservation-id": lambda shown: (shown[0].reservation_id,),
    "root-device-name": _of("RootDeviceName"),
    "root-device-type": _of("RootDeviceType"),
    "source-dest-check": lambda shown: truth(shown[0].source_dest_check),
    "spot-instance-request-id": lambda shown: (),
    "state-reason-code": lambda shown: present(shown[0].state_reason_code),
    "state-reason-message": lambda shown: present(shown[0].state_reason_message),
    "subnet-id": _of("SubnetId"),
    "tenancy": lambda shown: ("default",),
    "usage-operation": _of("UsageOperation"),
    "virtualization-type": _of("VirtualizationType"),
    "vpc-id": _of("VpcId"),
}

_STATUS_FILTERS: Mapping[str, Callable[[_Shown], Iterable[str]]] = {
    "availability-zone": lambda shown: (shown[0].zone,),
    "event.code": lambda shown: (),
    "event.description": lambda shown: (),
    "event.instance-event-id": lambda shown: (),
    "event.not-after": lambda shown: (),
    "event.not-before": lambda shown: (),
    "instance-state-code": lambda shown: (str(shown[0].state.code),),
    "instance-state-name": lambda shown: (str(shown[0].state),),
    "instance-status.reachability": lambda shown: (
        present(shown[1]["InstanceStatus"]["Details"][0]["Status"]) if shown[1]["InstanceStatus"].get("Details") else ()
    ),
    "instance-status.status": lambda shown: (shown[1]["InstanceStatus"]["Status"],),
    "system-status.reachability": lambda shown: (
        present(shown[1]["SystemStatus"]["Details"][0]["Status"]) if shown[1]["SystemStatus"].get("Details") else ()
    ),
    "system-status.status": lambda shown: (shown[1]["SystemStatus"]["Status"],),
    "attached-ebs-status.status": lambda shown: (shown[1]["AttachedEbsStatus"]["Status"],),
}


@action("DescribeInstances")
async def describe_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The instances, under the reservations that launched them. Terminated ones are told for about an hour."""

    def describe(connection: Connection) -> Answer:
        found = _asked_for(connection, call, parameters)
        around = surroundings(connection, call, found)
        shown, token = page(
            call,
            parameters,
            [(instance, instance_output(instance, around)) for instance in found],
            filters=_FILTERS,
            key=_key,
            tags=lambda shown: around.tags.get(shown[0].id, {}),
            limits=(5, 1000),
            whole={"InstanceIds": "instancesSet"},
        )
        told = reservations([instance for instance, _ in shown], [output for _, output in shown])
        return {"Reservations": told, "NextToken": token}

    return await cloud.read(describe)


@action("DescribeInstanceStatus")
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


def _key(shown: _Shown) -> str:
    """The order in which instances are told: by their first launch, those of one reservation together."""
    instance = shown[0]
    return (
        f"{instance.first_launch_time.isoformat()} {instance.reservation_id} {instance.launch_index:04} {instance.id}"
    )


def _status_output(instance: Instance) -> _Output:
    """The three checks. The system is this host, which answers; the instance is the guest (`Reachability`)."""
    if instance.state is not InstanceState.RUNNING:
        absent: _Output = {"Status": "not-applicable"}
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
        "AvailabilityZoneId": next(zone.id for zone in zones(instance.region) if zone.name == instance.zone),
        "InstanceId": instance.id,
        "InstanceState": state_output(instance.state),
        "InstanceStatus": guest,
        "SystemStatus": system,
        "AttachedEbsStatus": volumes,
        "Operator": {"Managed": False},
    }
