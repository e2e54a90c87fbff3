"""RunInstances: what is checked and promised; `workflows/stories/instances/run_instance.py` does it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.images.block_device_mappings import DEVICE_NOT_BUILT, LaunchDevice
from kumoniwa.api.ec2.images.boot_modes import boot_mode, boot_preference
from kumoniwa.api.ec2.images.launchable_images import launchable
from kumoniwa.api.ec2.instances.cpu_options import CPU_NOT_BUILT
from kumoniwa.api.ec2.instances.hibernation import check_hibernatable
from kumoniwa.api.ec2.instances.instance_output import Surroundings, instance_output, reservations
from kumoniwa.api.ec2.instances.instance_profiles import new_association, profile_asked
from kumoniwa.api.ec2.instances.launch.launch_devices import launch_devices
from kumoniwa.api.ec2.instances.launch.launch_from_memory import FromMemory, Wanted, from_memory
from kumoniwa.api.ec2.instances.launch.launch_interfaces import (
    Attached,
    addresses_of_each,
    attach_interfaces,
    check_type,
)
from kumoniwa.api.ec2.instances.launch.launch_network import LaunchNetwork, launch_network
from kumoniwa.api.ec2.instances.launch.launch_not_built import INTERFACE_NOT_BUILT, LAUNCH_NOT_BUILT
from kumoniwa.api.ec2.instances.launch.launch_options import LaunchOptions, launch_options
from kumoniwa.api.ec2.instances.launch.launch_template import from_template
from kumoniwa.api.ec2.instances.launch.launch_tokens import check_not_terminated
from kumoniwa.api.ec2.instances.placement_groups import group_asked, placed_in
from kumoniwa.api.ec2.instances.spot_market import SpotMarket, requests_of, spot_market, spot_option
from kumoniwa.api.ec2.kinds import KEY_PAIR
from kumoniwa.api.ec2.network.interface_addresses import free_count
from kumoniwa.api.ec2.network.lent_addresses import lent_addresses
from kumoniwa.api.ec2.network.network_interface_output import Addresses, addresses_of, group_set
from kumoniwa.api.ec2.tags import check_keys_for_metadata, from_specifications, write_each
from kumoniwa.api.ec2.volumes.new_volume import NewVolume, add_volumes, chains_of, needed_bytes, new_volume
from kumoniwa.api.not_built import NotBuiltParameter, below
from kumoniwa.api.registry import Depth, action
from kumoniwa.clock import whole_seconds
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.ids import new_id
from kumoniwa.model.account_settings import Setting
from kumoniwa.model.images import Image
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.key_pairs import KeyPair
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.placement_groups import PlacementGroup
from kumoniwa.model.roles import InstanceProfile, ProfileAssociation
from kumoniwa.model.volumes import Attachment, AttachmentState, Volume
from kumoniwa.placement import guest_memory
from kumoniwa.placement.disk_room import check_room
from kumoniwa.placement.guest_devices import check_architecture, check_devices, check_ena
from kumoniwa.store import (
    account_settings,
    elastic_ips,
    images,
    instance_profiles,
    instances,
    key_pairs,
    spot_requests,
    volumes,
)
from kumoniwa.values import dataclass
from kumoniwa.workflows.steps.volumes.volume_files import Launched
from kumoniwa.workflows.stories.instances.run_instance import run_instance
from kumoniwa.workflows.story import submit, tell_first_step

MOST_INSTANCES = 1000  # in one call
_TAGGED = ("instance", "volume", "network-interface")
_SPOT_REQUEST = "spot-instances-request"


@dataclass(frozen=True, slots=True)
class Launching:
    """What a launch is asked for: parameters as RunInstances has them, and how many instances."""

    parameters: Parameters
    least: int
    most: int
    marks: Mapping[str, str]
    """The tags that EC2 itself gives to the instances."""


@dataclass(frozen=True, slots=True)
class _Launch:
    """A launch whose every part was checked."""

    image: Image
    devices: Sequence[LaunchDevice]
    network: LaunchNetwork
    options: LaunchOptions
    boot_mode: str | None
    key: KeyPair | None
    profile: InstanceProfile | None
    memory: FromMemory | None
    """How it is launched from memory; None where its image has no fast launch."""
    tags: Mapping[str, Mapping[str, str]]
    marks: Mapping[str, str]
    group: PlacementGroup | None
    partition: int | None
    """The one of the placement group that it asks for."""
    market: SpotMarket | None
    """None: on demand."""
    reservation_id: str


@dataclass(frozen=True, slots=True)
class _Addresses:
    private: Sequence[Sequence[str]]
    """Of each network interface, its primary one first."""
    public: str | None


@action(
    "RunInstances",
    check_replay=check_not_terminated,
    depth=Depth.PARTLY,
    missing="Stored and shown without effect: EbsOptimized, Monitoring, CreditSpecification, MaintenanceOptions (a "
    "guest that was lost is always recovered), IPv6 addresses, timeouts of connection tracking, and the Iops and "
    "Throughput of volumes. AdditionalInfo is ignored.",
    not_built=(
        *LAUNCH_NOT_BUILT,
        *below("CpuOptions", CPU_NOT_BUILT),
        *below("BlockDeviceMappings", DEVICE_NOT_BUILT),
        *below("NetworkInterfaces", INTERFACE_NOT_BUILT),
        NotBuiltParameter("EnclaveOptions.Enabled", "enclaves"),
    ),
)
async def run_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Launch instances: rows and addresses at once, each `pending`; its guest boots in a workflow of its own."""
    least, most = _checked_counts(parameters)
    host = await cloud.world.driver.capacity()

    def run(connection: Connection) -> Answer:
        asked, marks = from_template(connection, call, parameters)
        launched, around = launch(connection, call, host, Launching(asked, least, most, marks))
        return reservations(launched, [instance_output(instance, around) for instance in launched])[0]

    return await cloud.change(call, run)


def launch(connection: Connection, call: Call, host: Capacity, asked: Launching) -> tuple[list[Instance], Surroundings]:
    """Launch as many instances as there is room for, as `RunInstances` does. Raises EC2's refusals.

    It refuses before it writes of any instance. Gives the instances, and what of other rows they show.
    """
    checked = _checked(host, connection, call, asked)
    count = _fitting(host, connection, checked, asked.least, asked.most)
    check_room(host, count * sum(needed_bytes(device.volume) for device in checked.devices))
    addresses = _addresses(connection, checked.network, count)
    launched, around = _launched(connection, call, checked, addresses)
    last = checked.image.last_launched_at
    if last is None or whole_seconds(last) != whole_seconds(call.at):  # launches in a row write it once a second
        images.change(connection, checked.image.id, last_launched_at=call.at)
    return launched, around


def _checked_counts(parameters: Parameters) -> tuple[int, int]:
    """How many are launched at least and at most. Raises EC2's refusals."""
    least, most = parameters["MinCount"], parameters["MaxCount"]
    if least < 1:
        raise InvalidParameterValue("Minimum instance count must be greater than zero")
    if most < 1:
        raise InvalidParameterValue("Maximum instance count must be greater than zero")
    if most < least:
        raise InvalidParameterValue("Maximum instance count must not be smaller than minimum instance count")
    if least > MOST_INSTANCES:
        raise Ec2Error(
            "InstanceLimitExceeded",
            f"You have requested more instances ({least}) than your current instance limit of {MOST_INSTANCES} allows "
            "for the specified instance type.",
        )
    return least, min(most, MOST_INSTANCES)


def _fitting(host: Capacity, connection: Connection, launch: _Launch, least: int, most: int) -> int:
    """As many as host and subnet have room for, up to `most`; fewer than `least` are none, and refuse the launch."""
    kind, subnet = launch.options.kind, launch.network.subnet
    if most > least:
        most = max(least, min(most, free_count(connection, subnet)))
    room = guest_memory.room(host, connection, kind)
    if room is None or room >= most:
        return most
    if room < least:
        raise guest_memory.InsufficientInstanceCapacity(kind, launch.network.subnet.zone)
    return room


def _checked(host: Capacity, connection: Connection, call: Call, asked: Launching) -> _Launch:
    parameters = asked.parameters
    image = launchable(connection, call, parameters.get("ImageId"))
    placed = launch_network(connection, call, parameters, asked.most)
    key = None
    if (key_name := parameters.get("KeyName")) is not None:
        key = key_pairs.named(connection, call.scope, key_name)
        if key is None:
            raise KEY_PAIR.not_found([key_name])
    defaults = account_settings.get(connection, call.scope, Setting.METADATA_DEFAULTS) or {}
    options = launch_options(parameters, image, defaults)
    check_architecture(options.kind, image.architecture)
    check_ena(options.kind, image.ena_support, "you are using an AMI that")
    check_devices(host, options.kind)
    placement = parameters.get("Placement") or {}
    group = group_asked(connection, call.scope, options.kind, placement)
    check_type(options.kind, placed.interfaces)
    mode = boot_mode(image.boot_mode, options.kind)
    of_image = images.devices_of(connection, [image.id]).get(image.id, [])
    devices = launch_devices(connection, call, image, of_image, parameters.get("BlockDeviceMappings") or [])
    vcpus = options.kind.vcpus_with(options.options.get("CpuOptions"))
    wanted = Wanted(image, of_image, mode, vcpus, options.kind.memory_mib, asked.most)
    memory = from_memory(connection, call, host, wanted, is_encrypted=devices[0].volume.key is not None)
    if options.is_hibernatable:
        check_hibernatable(options.kind, image, mode, has_fast_launch=memory is not None)
    market = spot_market(parameters.get("InstanceMarketOptions") or {})
    tags = _tags(parameters, market)
    if options.metadata_tags:
        check_keys_for_metadata(tags.get("instance", {}))
    return _Launch(
        image=image,
        devices=_standing_on(devices, memory),
        network=placed,
        options=options,
        boot_mode=mode,
        key=key,
        profile=profile_asked(connection, call, parameters),
        memory=memory,
        tags=tags,
        marks=asked.marks,
        group=group,
        partition=placement.get("PartitionNumber"),
        market=market,
        reservation_id=new_id("r"),
    )


def _tags(parameters: Parameters, market: SpotMarket | None) -> Mapping[str, Mapping[str, str]]:
    """The tags of what is launched, by resource type. Raises EC2's refusals."""
    if market is not None:
        return from_specifications(parameters, (*_TAGGED, _SPOT_REQUEST))
    if any(one.get("ResourceType") == _SPOT_REQUEST for one in parameters.get("TagSpecifications", ())):
        raise InvalidParameterValue(
            "You cannot specify tags for Spot instances requests if there are no Spot instances requests being created "
            "by the request."
        )
    return from_specifications(parameters, _TAGGED)


def _standing_on(devices: Sequence[LaunchDevice], memory: FromMemory | None) -> Sequence[LaunchDevice]:
    """The volumes, the root's on that of the prepared machine, if there is one."""
    if memory is None or memory.layer_id is None:
        return devices
    root, *others = devices
    return [replace(root, volume=replace(root.volume, stands_on=memory.layer_id)), *others]


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


def _launched(
    connection: Connection, call: Call, launch: _Launch, addresses: Sequence[_Addresses]
) -> tuple[list[Instance], Surroundings]:
    """Write an instance for each of these, with its volumes, and the workflows that bring them to life.

    Gives the instances, and what of the other rows they show.
    """
    launched = [_instance(call, launch, index, own) for index, own in enumerate(addresses)]
    instances.add(connection, *launched)
    attached_to = attach_interfaces(connection, launched, launch.network.interfaces, [own.private for own in addresses])
    made: list[NewVolume] = []
    attached: dict[str, list[Attachment]] = {}
    for instance in launched:
        for position, device in enumerate(launch.devices):
            made.append(new_volume(call, instance.zone, device.volume))
            attachment = _attachment(call, instance, made[-1].volume, position, device)
            attached.setdefault(instance.id, []).append(attachment)
    add_volumes(connection, *made)
    volumes.attach_to_new(connection, *chain.from_iterable(attached.values()))
    profiles = _with_profile(connection, call, launch.profile, launched)
    tags = {**launch.tags.get("instance", {}), **launch.marks}
    launched_ids = [instance.id for instance in launched]
    write_each(connection, call, launched_ids, "instance", launch.tags.get("instance"))
    write_each(connection, call, launched_ids, "instance", launch.marks)
    for resource_type, ids in (
        ("network-interface", attached_to.new),
        ("volume", [new.volume.id for new in made]),
        (_SPOT_REQUEST, _requested(connection, call, launch, launched)),
    ):
        write_each(connection, call, ids, resource_type, launch.tags.get(resource_type))
    chains = chains_of(connection, *made)
    for instance in launched:
        workflow = submit(
            connection, run_instance, origin(call), instance_id=instance.id, **_from_memory(launch.memory)
        )
        volume_ids = [attachment.volume_id for attachment in attached[instance.id]]
        tell_first_step(connection, workflow, Launched(volume_ids, [chains[one] for one in volume_ids]))
    in_order = dict(sorted(tags.items()))  # as they are read
    return launched, Surroundings(
        interfaces=attached_to.by_instance,
        groups=attached_to.groups,
        addresses=_shown_addresses(connection, launched, attached_to),
        attachments=attached,
        tags={instance.id: in_order for instance in launched},
        profiles=profiles,
    )


def _requested(connection: Connection, call: Call, launch: _Launch, launched: Sequence[Instance]) -> list[str]:
    """Write the Spot requests of these instances, if they are of any; gives their ids."""
    if launch.market is None:
        return []
    groups = group_set((group.id, group.name) for group in launch.network.interfaces[0].groups)
    placed = {"SecurityGroups": groups, "SubnetId": launch.network.subnet.id}
    found = requests_of(call, launch.market, launched, placed)
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
    """What the workflow is told of it; nothing where the image has no fast launch."""
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


def _instance(call: Call, launch: _Launch, index: int, own: _Addresses) -> Instance:
    subnet, options = launch.network.subnet, launch.options
    instance_id = new_id("i")
    return Instance(
        id=instance_id,
        account=call.account,
        region=call.region,
        reservation_id=launch.reservation_id,
        requester=call.principal,
        launch_index=index,
        image_id=launch.image.id,
        instance_type=options.kind.name,
        architecture=launch.image.architecture,
        state=InstanceState.PENDING,
        zone=subnet.zone,
        public_ip=own.public,
        associate_public_ip=launch.network.associate_public_ip,
        key_name=launch.key.name if launch.key else None,
        public_key=launch.key.public_key if launch.key else None,
        root_device_name=launch.image.root_device_name,
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
            **boot_preference(launch.image),
            **({} if launch.image.ena_support else {"EnaSupport": False}),
            **_placement(launch, index),
            **spot_option(launch.market),
        },
        boot_mode=launch.boot_mode,
        nvme_only=launch.image.nvme_only,
        virtio_only=launch.memory is not None,
        prepared_on=None if launch.memory is None else launch.memory.machine_id,
    )


def _placement(launch: _Launch, index: int) -> Mapping[str, Mapping[str, Any]]:
    if launch.group is None:
        return {}
    return {"Placement": placed_in(launch.group, launch.partition, index)}


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
