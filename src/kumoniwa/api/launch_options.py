"""What a launch says of its instances besides image, network and volumes: checked, with EC2's defaults filled in."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kumoniwa.api.registry import Parameters
from kumoniwa.errors import Ec2Error, InvalidParameterValue, NotBuilt, UnsupportedOperation
from kumoniwa.model.instance_types import DEFAULT_INSTANCE_TYPE, INSTANCE_TYPES, InstanceType
from kumoniwa.model.instances import ShutdownBehavior
from kumoniwa.model.storage import Image

MOST_USER_DATA = 16_384  # bytes, before base64

_UNBUILT = {
    "LaunchTemplate": "launch templates",
    "InstanceMarketOptions": "Spot Instances",
    "IamInstanceProfile": "instance profiles",
    "KernelId": "kernel ids",
    "RamdiskId": "RAM disk ids",
    "Ipv6AddressCount": "IPv6 addresses",
    "Ipv6Addresses": "IPv6 addresses",
    "EnablePrimaryIpv6": "IPv6 addresses",
    "ElasticGpuSpecification": "elastic GPUs",
    "ElasticInferenceAccelerators": "elastic inference accelerators",
    "LicenseSpecifications": "license configurations",
    "SecondaryInterfaces": "secondary interfaces",
}
_TOLD_AGAIN = ("CpuOptions", "MaintenanceOptions", "PrivateDnsNameOptions", "CreditSpecification")


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """The rest of a launch, under the names of `Instance`'s fields."""

    kind: InstanceType
    user_data: str | None
    disable_api_stop: bool
    disable_api_termination: bool
    shutdown_behavior: ShutdownBehavior
    ebs_optimized: bool
    monitoring: bool
    metadata_endpoint: bool
    metadata_tokens_required: bool
    metadata_hop_limit: int
    metadata_tags: bool
    options: Mapping[str, Any]


def launch_options(parameters: Parameters, image: Image) -> LaunchOptions:
    """Check these parameters of RunInstances. What Kumoniwa lacks is refused by name, never ignored."""
    for member, words in _UNBUILT.items():
        if parameters.get(member):
            raise NotBuilt(words)
    if (parameters.get("HibernationOptions") or {}).get("Configured"):
        raise Ec2Error("UnsupportedHibernationConfiguration", "Kumoniwa does not implement hibernation.")
    if (parameters.get("EnclaveOptions") or {}).get("Enabled"):
        raise UnsupportedOperation("Kumoniwa does not implement enclaves.")
    _check_placement(parameters.get("Placement") or {})
    metadata = parameters.get("MetadataOptions") or {}
    hop_limit = metadata.get("HttpPutResponseHopLimit")
    if hop_limit is not None and not 1 <= hop_limit <= 64:
        raise InvalidParameterValue(
            f"Value ({hop_limit}) for parameter HttpPutResponseHopLimit is invalid. Expecting a value between 1 and 64."
        )
    default_tokens = "required" if image.imds_tokens_required else "optional"
    behavior = parameters.get("InstanceInitiatedShutdownBehavior") or "stop"
    return LaunchOptions(
        kind=checked_type(parameters.get("InstanceType") or DEFAULT_INSTANCE_TYPE),
        user_data=checked_user_data(parameters.get("UserData")),
        disable_api_stop=bool(parameters.get("DisableApiStop")),
        disable_api_termination=bool(parameters.get("DisableApiTermination")),
        shutdown_behavior=ShutdownBehavior(behavior),
        ebs_optimized=bool(parameters.get("EbsOptimized")),
        monitoring=bool((parameters.get("Monitoring") or {}).get("Enabled")),
        metadata_endpoint=metadata.get("HttpEndpoint", "enabled") == "enabled",
        metadata_tokens_required=metadata.get("HttpTokens", default_tokens) == "required",
        metadata_hop_limit=hop_limit or (2 if image.imds_tokens_required else 1),
        metadata_tags=metadata.get("InstanceMetadataTags") == "enabled",
        options={name: parameters[name] for name in _TOLD_AGAIN if parameters.get(name)},
    )


def checked_type(name: str) -> InstanceType:
    """An instance type that is offered. Raises EC2's refusal."""
    if (kind := INSTANCE_TYPES.get(name)) is None:
        raise InvalidParameterValue(f"Invalid value '{name}' for InstanceType.")
    return kind


def checked_user_data(encoded: str | None) -> str | None:
    """User data as it came, in base64. Raises EC2's refusals."""
    if not encoded:
        return None
    try:
        # Some clients break the lines of their base64.
        decoded = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidParameterValue("Invalid BASE64 encoding of user data") from None
    if len(decoded) > MOST_USER_DATA:
        raise InvalidParameterValue(f"User data is limited to {MOST_USER_DATA} bytes")
    return encoded


def _check_placement(placement: Mapping[str, Any]) -> None:
    if placement.get("Tenancy") not in (None, "default"):
        raise NotBuilt(f"tenancy {placement['Tenancy']}")
    for member in ("GroupName", "GroupId", "HostId", "HostResourceGroupArn", "PartitionNumber", "SpreadDomain"):
        if placement.get(member):
            raise NotBuilt(f"{member} of a placement")
