"""Whether the host gives guests what their type has: decided before anything of them is made."""

from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.model.instance_types import InstanceType


class DeviceMissing(Ec2Error):
    """EC2's code and words for what is not to be had, and what that is here."""

    def __init__(self, kind: InstanceType, what: str) -> None:
        super().__init__(
            "Unsupported",
            "The requested configuration is currently not supported. Please check the documentation for supported "
            f"configurations. Instances of type {kind.name} have {what}, which this host does not give its guests: "
            "choose a type without.",
        )


def check_devices(host: Capacity, kind: InstanceType) -> None:
    """Refuse a type of which the host has only the processors and the memory. Raises `DeviceMissing`.

    A type whose instance store is seen only by those who ask for it has what they get without asking.
    """
    if not host.has_devices and (what := _beyond(kind)):
        raise DeviceMissing(kind, what)


def check_architecture(kind: InstanceType, architecture: str) -> None:
    """Refuse a type whose processors are not the image's. Raises EC2's refusal."""
    if architecture not in kind.architectures:
        raise InvalidParameterValue(
            f"The architecture '{','.join(kind.architectures)}' of the specified instance type does not match the "
            f"architecture '{architecture}' of the specified AMI. Specify an instance type and an AMI that have "
            "matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to "
            "discover the architecture of the instance type or AMI."
        )


def _beyond(kind: InstanceType) -> str:
    """What the type has that is neither processor nor memory, in words; empty where there is nothing."""
    found = [f"{gpu.count} GPUs ({gpu.maker} {gpu.name})" for gpu in kind.gpus]
    if kind.accelerators:
        found.append("accelerators")
    if kind.storage and kind.storage_is_nvme:
        found.append(f"an instance store of {kind.storage_gb} GB")
    if kind.is_metal:
        found.append("a whole machine of their own")
    return ", ".join(found)
