"""CPU credits of burstable instances: recorded only, for guests here share what the host has."""

from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.model.instance_types import INSTANCE_TYPES, InstanceType
from kumoniwa.model.instances import Instance

_WORDS = ("standard", "unlimited")


def checked_credits(kind: InstanceType, wanted: str) -> str:
    """The credit option of a launch. Raises EC2's refusals (hashicorp/terraform-provider-aws issue 5067)."""
    check_word(wanted)
    if not kind.burstable:
        raise _not_supported(f"The {kind.name} instance type does not support T2 Unlimited.")
    return wanted


def credits_of(instance: Instance) -> str | None:
    """EC2's defaults: T2 is `standard`, what came after it `unlimited`; None where there are no credits."""
    kind = INSTANCE_TYPES[instance.instance_type]
    if not kind.burstable:
        return None
    chosen: str | None = instance.options.get("CreditSpecification", {}).get("CpuCredits")
    return chosen or ("standard" if kind.family == "t2" else "unlimited")


def check_word(wanted: str) -> None:
    """Raises EC2's refusal of what is no credit option."""
    if wanted not in _WORDS:
        raise InvalidParameterValue(f"Value ({wanted}) for parameter cpuCredits is invalid.")


def check_burstable(instance: Instance) -> None:
    """Raises EC2's refusal of an instance whose type has no credits."""
    if not INSTANCE_TYPES[instance.instance_type].burstable:
        raise _not_supported(
            f"The instance type {instance.instance_type} of '{instance.id}' does not support CPU credits."
        )


def _not_supported(message: str) -> Ec2Error:
    return Ec2Error("InstanceCreditSpecification.NotSupported", message)
