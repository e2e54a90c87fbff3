"""The rows of new instances, of all that is theirs, and of the workflows that boot them."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import origin
from kumoniwa.api.ec2.images.block_device_mappings import LaunchDevice
from kumoniwa.api.ec2.images.boot_modes import boot_preference
from kumoniwa.api.ec2.instances.instance_output import Surroundings
from kumoniwa.api.ec2.instances.instance_profiles import new_association
from kumoniwa.api.ec2.instances.launch.checked_launch import CheckedLaunch
from kumoniwa.api.ec2.instances.launch.launch_from_memory import FromMemory
from kumoniwa.api.ec2.instances.launch.launch_interfaces import Attached, addresses_of_each, attach_interfaces
from kumoniwa.api.ec2.instances.launch.launch_network import LaunchNetwork
from kumoniwa.api.ec2.instances.launch.tenancy import DEFAULT
from kumoniwa.api.ec2.instances.placement_groups import placed_in
from kumoniwa.api.ec2.instances.spot_market import requests_of, spot_option
from kumoniwa.api.ec2.kinds import SPOT_REQUEST
from kumoniwa.api.ec2.network.lent_addresses import lent_addresses
from kumoniwa.api.ec2.network.network_interface_output import Addresses, addresses_of, group_set
from kumoniwa.api.ec2.tags import write_each
from kumoniwa.api.ec2.volumes.new_volume import NewVolume, add_volumes, chains_of, new_volume
from kumoniwa.ids import new_id
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.roles import InstanceProfile, ProfileAssociation
from kumoniwa.model.volumes import Attachment, AttachmentState, Volume
from kumoniwa.store import elastic_ips, instance_profiles, instances, spot_requests, volumes
from kumoniwa.values import dataclass
from kumoniwa.workflows.steps.volumes.volume_files import Launched
from kumoniwa.workflows.stories.instances.run_instance import run_instance
from kumoniwa.workflows.story import submit, tell_first_step


@dataclass(frozen=True, slots=True)
class _Addresses:
    private: Sequence[Sequence[str]]
    """Of each network interface, its primary one first."""
    public: str | None


def write_instances(
    connection: Connection, call: Call, plan: CheckedLaunch, count: int
) -> tuple[list[Instance], Surroundings]:
    """Write so many instances, with their volumes, and the workflows that bring them to life.

    Gives the instances, and what of the other rows they show.
    """
    addresses = _addresses(connection, plan.network, count)
    launched = [_instance(call, plan, index, own) for index, own in enumerate(addresses)]
    instances.add(connection, *launched)
    attached_to = attach_interfaces(connection, launched, plan.network.interfaces, [own.private for own in addresses])
    made, attached = _with_volumes(connection, call, plan, launched)
    profiles = _with_profile(connection, call, plan.profile, launched)
    requests = _requested(connection, call, plan, launched)
    others = {
        "network-interface": attached_to.new,
        "volume": [new.volume.id for new in made],
        SPOT_REQUEST.resource_type: requests,
    }
    tags = _tagged(connection, call, plan, launched, others)
    _begin(connection, call, plan, made, attached)
    return launched, Surroundings(
        interfaces=attached_to.by_instance,
        groups=attached_to.groups,
        addresses=_shown_addresses(connection, launched, attached_to),
        attachments=attached,
        tags={instance.id: tags for instance in launched},
        profiles=profiles,
    )


def _with_volumes(
    connection: Connection, call: Call, plan: CheckedLaunch, launched: Sequence[Instance]
) -> tuple[list[NewVolume], dict[str, list[Attachment]]]:
    """Write the volumes of these instances; gives them, and by instance how it has its own."""
    made: list[NewVolume] = []
    attached: dict[str, list[Attachment]] = {instance.id: [] for instance in launched}
    for instance in launched:
        for position, device in enumerate(plan.devices):
            made.append(new_volume(call, instance.zone, device.volume))
            attached[instance.id].append(_attachment(call, instance, made[-1].volume, position, device))
    add_volumes(connection, *made)
    volumes.attach_to_new(connection, *chain.from_iterable(attached.values()))
    return made, attached


def _tagged(
    connection: Connection,
    call: Call,
    plan: CheckedLaunch,
    launched: Sequence[Instance],
    others: Mapping[str, Sequence[str]],
) -> dict[str, str]:
    """Write the tags of these instances, and of the `others` of each type; gives the instances', as they are read."""
    ids = [instance.id for instance in launched]
    write_each(connection, call, ids, "instance", plan.tags.get("instance"))
    write_each(connection, call, ids, "instance", plan.marks)
    for resource_type, of_type in others.items():
        write_each(connection, call, of_type, resource_type, plan.tags.get(resource_type))
    return dict(sorted({**plan.tags.get("instance", {}), **plan.marks}.items()))


def _begin(
    connection: Connection,
    call: Call,
    plan: CheckedLaunch,
    made: Sequence[NewVolume],
    attached: Mapping[str, Sequence[Attachment]],
) -> None:
    """Submit the workflow of each instance, which knows what its volumes stand on."""
    chains = chains_of(connection, *made)
    for instance_id, own in attached.items():
        workflow = submit(connection, run_instance, origin(call), instance_id=instance_id, **_from_memory(plan.memory))
        volume_ids = [attachment.volume_id for attachment in own]
        tell_first_step(connection, workflow, Launched(volume_ids, [chains[one] for one in volume_ids]))


def _addresses(connection: Connection, placed: LaunchNetwork, count: int) -> list[_Addresses]:
    """The addresses of `count` new instances."""
    private = addresses_of_each(connection, placed.interfaces, count)
    if (existing := placed.interfaces[0].existing) is not None:
        leading = elastic_ips.of_interfaces(connection, [existing.id]).get(existing.id, {}).get(existing.private_ip)
        return [_Addresses(own, None if leading is None else leading.public_ip) for own in private]
    if not placed.associate_public_ip:
        return [_Addresses(own, None) for own in private]
    public = lent_addresses(connection, count)
    return [_Addresses(own, outer) for own, outer in zip(private, public, strict=True)]


def _requested(connection: Connection, call: Call, plan: CheckedLaunch, launched: Sequence[Instance]) -> list[str]:
    """Write the Spot requests of these instances, if they are of any; gives their ids."""
    if plan.market is None:
        return []
    groups = group_set((group.id, group.name) for group in plan.network.interfaces[0].groups)
    placed = {"SecurityGroups": groups, "SubnetId": plan.network.subnet.id}
    found = requests_of(call, plan.market, launched, placed)
    spot_requests.add(connection, *found)
    return [request.id for request in found]


def _with_profile(
    connection: Connection, call: Call, profile: InstanceProfile | None, launched: Sequence[Instance]
) -> Mapping[str, ProfileAssociation]:
    """Give each of these the profile that the launch names, if it names one."""
    if profile is None:
        return {}
    found = {instance.id: new_association(call, profile, instance.id) for instance in launched}
    instance_profiles.associate(connection, *found.values())
    return found


def _from_memory(memory: FromMemory | None) -> dict[str, str | None]:
    """What the workflow is told of it; nothing where the image has no fast plan."""
    return {} if memory is None else {"machine_id": memory.machine_id, "cold_because": memory.cold_because}


def _shown_addresses(connection: Connection, launched: Sequence[Instance], attached: Attached) -> dict[str, Addresses]:
    """The addresses of their interfaces, by interface. Elastic IP addresses may lead to those made before."""
    shown: dict[str, Addresses] = {}
    before: list[NetworkInterface] = []
    new = frozenset(attached.new)
    for instance in launched:
        for interface in attached.by_instance[instance.id]:
            lent = instance.public_ip if interface.device_index == 0 else None
            shown[interface.id] = Addresses(
                lent, attached.secondary.get(interface.id, ()), ipv6=attached.ipv6.get(interface.id, ())
            )
            if interface.id not in new:
                before.append(interface)
    return shown | addresses_of(connection, before, {}) if before else shown


def _instance(call: Call, plan: CheckedLaunch, index: int, own: _Addresses) -> Instance:
    subnet, options = plan.network.subnet, plan.options
    instance_id = new_id("i")
    return Instance(
        id=instance_id,
        account=call.account,
        region=call.region,
        reservation_id=plan.reservation_id,
        requester=call.principal,
        launch_index=index,
        image_id=plan.image.id,
        instance_type=options.kind.name,
        architecture=plan.image.architecture,
        state=InstanceState.PENDING,
        zone=subnet.zone,
        public_ip=own.public,
        associate_public_ip=plan.network.associate_public_ip,
        key_name=plan.key.name if plan.key else None,
        public_key=plan.key.public_key if plan.key else None,
        root_device_name=plan.image.root_device_name,
        launch_time=call.at,
        first_launch_time=call.at,
        guest_uuid=_guest_uuid(instance_id),
        user_data=options.user_data,
        client_token=call.token.value if call.token else "",
        disable_api_stop=options.disable_api_stop,
        disable_api_termination=options.disable_api_termination,
        shutdown_behavior=options.shutdown_behavior,
        ebs_optimized=options.ebs_optimized,
        monitoring=options.monitoring,
        metadata_endpoint=options.metadata_endpoint,
        metadata_tokens_required=options.metadata_tokens_required,
        metadata_hop_limit=options.metadata_hop_limit,
        metadata_tags=options.metadata_tags,
        options={
            **options.options,
            **boot_preference(plan.image),
            **_placement(plan, index),
            **spot_option(plan.market),
        },
        boot_mode=plan.boot_mode,
        nvme_only=plan.image.nvme_only,
        virtio_only=plan.memory is not None,
        prepared_on=None if plan.memory is None else plan.memory.machine_id,
    )


def _placement(plan: CheckedLaunch, index: int) -> Mapping[str, Mapping[str, Any]]:
    placement = dict(placed_in(plan.group, plan.partition, index)) if plan.group is not None else {}
    if plan.tenancy != DEFAULT:
        placement["Tenancy"] = plan.tenancy
    return {"Placement": placement} if placement else {}


def _guest_uuid(instance_id: str) -> str:
    """The machine's UUID. A guest knows EC2 by its first three digits (cloud-init's ds-identify)."""
    digits = ("ec2" + instance_id.removeprefix("i-")).ljust(32, "0")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _attachment(call: Call, instance: Instance, volume: Volume, position: int, device: LaunchDevice) -> Attachment:
    return Attachment(
        volume_id=volume.id,
        instance_id=instance.id,
        device=device.device,
        state=AttachmentState.ATTACHING,
        attached_at=call.at,
        delete_on_termination=device.delete_on_termination,
        position=position,
        after_boot=0,
    )
