"""What a launch says of its instances besides image, network and volumes: checked, with EC2's defaults filled in."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from kumoniwa import base64_text
from kumoniwa.api.call import Parameters
from kumoniwa.api.ec2.instances.cpu_credits import checked_credits
from kumoniwa.api.ec2.instances.cpu_options import checked_cpu_options
from kumoniwa.api.ec2.instances.launch.launch_not_built import LAUNCH_NOT_BUILT
from kumoniwa.api.ec2.instances.metadata_options import check_tokens_enforced, checked_metadata_options
from kumoniwa.api.not_built import refuse
from kumoniwa.errors import InvalidParameterValue, NotBuilt
from kumoniwa.model.images import Image
from kumoniwa.model.instance_types import DEFAULT_INSTANCE_TYPE, INSTANCE_TYPES, InstanceType
from kumoniwa.model.instances import ShutdownBehavior
from kumoniwa.values import dataclass

MOST_USER_DATA = 16_384  # bytes, before base64
_HIBERNATABLE = {"HibernationOptions": {"Configured": True}}
_SHOWN_AS_GIVEN = ("CapacityReservationSpecification", "MaintenanceOptions", "PrivateDnsNameOptions")


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """The rest of a launch, under the names of `Instance`'s fields."""

    kind: InstanceType
    user_data: str | None = field(repr=False)
    disable_api_stop: bool
    disable_api_termination: bool
    shutdown_behavior: ShutdownBehavior
    ebs_optimized: bool
    is_hibernatable: bool
    monitoring: bool
    metadata_endpoint: bool
    metadata_tokens_required: bool
    metadata_hop_limit: int
    metadata_tags: bool
    options: Mapping[str, Any]


def launch_options(parameters: Parameters, image: Image, defaults: Mapping[str, Any]) -> LaunchOptions:
    """Check these parameters of RunInstances. What Kumoniwa lacks is refused by name, never ignored.

    `defaults` are the metadata options that the account has decided on, which go before those of the image.
    """
    refuse(parameters, LAUNCH_NOT_BUILT)
    if (parameters.get("EnclaveOptions") or {}).get("Enabled"):
        raise NotBuilt("enclaves")
    kind = checked_type(parameters.get("InstanceType") or DEFAULT_INSTANCE_TYPE)
    is_hibernatable = bool((parameters.get("HibernationOptions") or {}).get("Configured"))
    metadata = {
        "metadata_endpoint": True,
        "metadata_tokens_required": image.imds_tokens_required,
        # EC2 gives two hops to images that require tokens, so that containers reach it too.
        "metadata_hop_limit": 2 if image.imds_tokens_required else 1,
        "metadata_tags": False,
        **checked_metadata_options(defaults),
        **checked_metadata_options(parameters.get("MetadataOptions") or {}),
    }
    check_tokens_enforced(defaults, metadata, "launch instances with IMDSv1")
    return LaunchOptions(
        kind=kind,
        user_data=checked_user_data(parameters.get("UserData")),
        disable_api_stop=bool(parameters.get("DisableApiStop")),
        disable_api_termination=bool(parameters.get("DisableApiTermination")),
        shutdown_behavior=ShutdownBehavior(parameters.get("InstanceInitiatedShutdownBehavior") or "stop"),
        ebs_optimized=bool(parameters.get("EbsOptimized")),
        is_hibernatable=is_hibernatable,
        monitoring=bool((parameters.get("Monitoring") or {}).get("Enabled")),
        options={**_options(parameters, kind), **(_HIBERNATABLE if is_hibernatable else {})},
        **metadata,
    )


def checked_type(name: str) -> InstanceType:
    """An instance type that is offered. Raises EC2's refusal."""
    if (kind := INSTANCE_TYPES.get(name)) is None:
        raise InvalidParameterValue(f"Invalid value '{name}' for InstanceType.")
    return kind


def checked_user_data(encoded: str | None) -> str | None:
    """User data, in base64 without breaks: what was checked, not what came. Raises EC2's refusals."""
    if not encoded:
        return None
    try:
        decoded = base64_text.read(encoded)
    except ValueError:
        raise InvalidParameterValue("Invalid BASE64 encoding of user data") from None
    if len(decoded) > MOST_USER_DATA:
        raise InvalidParameterValue(f"User data is limited to {MOST_USER_DATA} bytes")
    return b64encode(decoded).decode() or None


def _options(parameters: Parameters, kind: InstanceType) -> Mapping[str, Any]:
    """What is kept under EC2's own names."""
    options = {name: parameters[name] for name in _SHOWN_AS_GIVEN if parameters.get(name)}
    if (cpu := checked_cpu_options(kind, parameters.get("CpuOptions") or {})) is not None:
        options["CpuOptions"] = cpu
    if (credit := parameters.get("CreditSpecification")) is not None:
        options["CreditSpecification"] = {"CpuCredits": checked_credits(kind, credit["CpuCredits"])}
    return options
