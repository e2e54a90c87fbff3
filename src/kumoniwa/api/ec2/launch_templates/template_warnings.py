"""What a launch would refuse of a launch template: EC2 stores it all the same, and warns of it.

Each part is checked by itself, as a launch checks it, so that several warnings may come of one template. What a launch
may still add is not missed.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.images.image_aliases import is_alias
from kumoniwa.api.ec2.images.launchable_images import launchable
from kumoniwa.api.ec2.instances.cpu_credits import checked_credits
from kumoniwa.api.ec2.instances.cpu_options import checked_cpu_options
from kumoniwa.api.ec2.instances.instance_profiles import profile_asked
from kumoniwa.api.ec2.instances.launch.launch_devices import launch_devices
from kumoniwa.api.ec2.instances.launch.launch_interfaces import checked_specifications
from kumoniwa.api.ec2.instances.launch.launch_network import check_instance_level
from kumoniwa.api.ec2.instances.launch.launch_not_built import LAUNCH_NOT_BUILT
from kumoniwa.api.ec2.instances.launch.launch_options import checked_type, checked_user_data
from kumoniwa.api.ec2.instances.launch.launch_template import launch_parameters
from kumoniwa.api.ec2.instances.metadata_options import checked_metadata_options
from kumoniwa.api.ec2.kinds import KEY_PAIR, NETWORK_INTERFACE, SECURITY_GROUP, SUBNET
from kumoniwa.api.ec2.named.lookup import all_named
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.errors import Ec2Error, InvalidParameterCombination
from kumoniwa.store import images, key_pairs

Parameters = Mapping[str, Any]


def warnings(connection: Connection, call: Call, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """EC2's `Warning` of a version that says this; None where there is nothing to warn of."""
    parameters = launch_parameters(data)
    found: dict[tuple[str, str], None] = {}
    for check in _checks(connection, call, parameters):
        try:
            check()
        except Ec2Error as refusal:
            found[refusal.code, refusal.message] = None
    if not found:
        return None
    return {"Errors": [{"Code": code, "Message": message} for code, message in found]}


def _checks(connection: Connection, call: Call, parameters: Parameters) -> Iterator[Callable[[], object]]:
    """What can be known of each part before a launch."""
    yield from (_not_built(parameters, one) for one in LAUNCH_NOT_BUILT)
    yield lambda: _check_type(parameters)
    yield lambda: _check_image(connection, call, parameters)
    yield lambda: _check_key(connection, call, parameters)
    yield lambda: profile_asked(connection, call, parameters)
    yield lambda: checked_user_data(parameters.get("UserData"))
    yield lambda: checked_metadata_options(parameters.get("MetadataOptions") or {})
    specifications = parameters.get("NetworkInterfaces") or []
    yield lambda: checked_specifications(specifications)
    yield lambda: check_instance_level(parameters, specifications)
    groups = [*(parameters.get("SecurityGroupIds") or []), *_each(specifications, "Groups")]
    yield lambda: all_named(connection, call.scope, SECURITY_GROUP, groups)
    yield lambda: all_named(connection, call.scope, SUBNET, _each(specifications, "SubnetId"))
    yield lambda: all_named(connection, call.scope, NETWORK_INTERFACE, _each(specifications, "NetworkInterfaceId"))


def _not_built(parameters: Parameters, one: NotBuiltParameter) -> Callable[[], object]:
    return lambda: refuse(parameters, [one])


def _check_type(parameters: Parameters) -> None:
    """The type, and what must fit it."""
    name = parameters.get("InstanceType")
    if name is not None and parameters.get("InstanceRequirements") is not None:
        raise InvalidParameterCombination(
            "The parameter instanceType cannot be used with the parameter instanceRequirements"
        )
    if name is None:
        return
    kind = checked_type(name)
    checked_cpu_options(kind, parameters.get("CpuOptions") or {})
    if (credit := parameters.get("CreditSpecification")) is not None:
        checked_credits(kind, credit["CpuCredits"])


def _check_image(connection: Connection, call: Call, parameters: Parameters) -> None:
    """The image, and the volumes that are made of it."""
    image_id = parameters.get("ImageId")
    if image_id is None or is_alias(image_id):
        return
    image = launchable(connection, call, image_id)
    devices = images.devices_of(connection, [image.id]).get(image.id, [])
    launch_devices(connection, call, image, devices, parameters.get("BlockDeviceMappings") or [])


def _check_key(connection: Connection, call: Call, parameters: Parameters) -> None:
    name = parameters.get("KeyName")
    if name is not None and key_pairs.named(connection, call.scope, name) is None:
        raise KEY_PAIR.not_found([name])


def _each(specifications: list[Mapping[str, Any]], member: str) -> list[str]:
    """What stands under a name in all of these."""
    found: list[str] = []
    for one in specifications:
        value = one.get(member)
        found += [] if value is None else value if isinstance(value, list) else [value]
    return found
