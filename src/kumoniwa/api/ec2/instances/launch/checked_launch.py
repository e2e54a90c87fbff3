"""A launch whose every part was checked: of which image, with which disks, where, of which type, for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.ec2.images.block_device_mappings import LaunchDevice
from kumoniwa.api.ec2.images.boot_modes import boot_mode
from kumoniwa.api.ec2.images.launchable_images import launchable
from kumoniwa.api.ec2.instances.hibernation import check_hibernatable
from kumoniwa.api.ec2.instances.instance_profiles import profile_asked
from kumoniwa.api.ec2.instances.launch.launch_devices import launch_devices
from kumoniwa.api.ec2.instances.launch.launch_from_memory import FromMemory, Wanted, from_memory
from kumoniwa.api.ec2.instances.launch.launch_interfaces import check_type
from kumoniwa.api.ec2.instances.launch.launch_network import LaunchNetwork, launch_network
from kumoniwa.api.ec2.instances.launch.launch_options import LaunchOptions, launch_options
from kumoniwa.api.ec2.instances.launch.tenancy import tenancy_asked
from kumoniwa.api.ec2.instances.placement_groups import check_tenancy, group_asked
from kumoniwa.api.ec2.instances.spot_market import SpotMarket, spot_market
from kumoniwa.api.ec2.kinds import KEY_PAIR, SPOT_REQUEST
from kumoniwa.api.ec2.tags import check_keys_for_metadata, from_specifications
from kumoniwa.errors import InvalidParameterValue
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.ids import new_id
from kumoniwa.model.account_settings import Setting
from kumoniwa.model.images import Image
from kumoniwa.model.key_pairs import KeyPair
from kumoniwa.model.placement_groups import PlacementGroup
from kumoniwa.model.roles import InstanceProfile
from kumoniwa.placement.guest_devices import check_architecture, check_devices
from kumoniwa.store import account_settings, images, key_pairs
from kumoniwa.values import dataclass

_TAGGED = ("instance", "volume", "network-interface")


@dataclass(frozen=True, slots=True)
class Launching:
    """What a launch is asked for: parameters as RunInstances has them, and how many instances."""

    parameters: Parameters
    least: int
    most: int
    marks: Mapping[str, str]
    """The tags that EC2 itself gives to the instances."""


@dataclass(frozen=True, slots=True)
class CheckedLaunch:
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
    tenancy: str
    market: SpotMarket | None
    """None: on demand."""
    reservation_id: str


def checked_launch(host: Capacity, connection: Connection, call: Call, asked: Launching) -> CheckedLaunch:
    """Check what a launch is asked for. Raises EC2's refusals; nothing is written."""
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
    market = spot_market(parameters)
    tenancy = tenancy_asked(connection, call, placement, placed.subnet.vpc_id)
    check_tenancy(group, tenancy)
    tags = _tags(parameters, market)
    if options.metadata_tags:
        check_keys_for_metadata(tags.get("instance", {}))
    return CheckedLaunch(
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
        tenancy=tenancy,
        market=market,
        reservation_id=new_id("r"),
    )


def _tags(parameters: Parameters, market: SpotMarket | None) -> Mapping[str, Mapping[str, str]]:
    """The tags of what is launched, by resource type. Raises EC2's refusals."""
    if market is not None:
        return from_specifications(parameters, (*_TAGGED, SPOT_REQUEST.resource_type))
    if any(one.get("ResourceType") == SPOT_REQUEST.resource_type for one in parameters.get("TagSpecifications", ())):
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
