"""Which instances can be hibernated, and what is said to others."""

from collections.abc import Sequence

from kumoniwa.api.ec2.images.boot_modes import UEFI
from kumoniwa.errors import (
    CannotHibernate,
    InvalidParameterCombination,
    UnsupportedHibernationConfiguration,
    UnsupportedOperation,
)
from kumoniwa.model.images import Image
from kumoniwa.model.instance_types import InstanceType
from kumoniwa.model.instances import Instance, InstanceState, Reachability

_OTHER_TYPE = (
    "Choose a type whose HibernationSupported is true, such as t2.micro, or an image with fast launch; "
    "or leave HibernationOptions out."
)


def supports_hibernation(kind: InstanceType) -> bool:
    """Whether guests of this type can be hibernated: QEMU saves the state of virtio disks, and of NVMe disks it does
    not."""
    return kind.disk_bus == "virtio"


def check_hibernatable(kind: InstanceType, image: Image, boot_mode: str | None, *, has_fast_launch: bool) -> None:
    """Raises the refusal of a launch whose instances could not be hibernated. With fast launch, guests of every type
    have virtio disks."""
    if image.nvme_only:
        raise CannotHibernate(
            f"The image '{image.id}' does not support hibernation in Kumoniwa: it boots from NVMe disks only.",
            way_out="Make it anew with this version, or leave HibernationOptions out.",
        )
    if not supports_hibernation(kind) and not has_fast_launch:
        raise CannotHibernate(
            f"The instance type '{kind.name}' does not support hibernation in Kumoniwa: its disks are NVMe.",
            way_out=_OTHER_TYPE,
        )
    if boot_mode == UEFI:
        raise CannotHibernate(
            f"The image '{image.id}' boots by UEFI, and such an instance cannot be hibernated.",
            way_out="Choose a type from before Nitro, or leave HibernationOptions out.",
        )


def check_hibernate(named: Sequence[Instance], *, skip_os_shutdown: bool) -> None:
    """Raises EC2's refusals where any of these instances, which are to be stopped, cannot be hibernated."""
    if skip_os_shutdown:
        raise InvalidParameterCombination("The parameters Hibernate and SkipOsShutdown cannot be used together.")
    for instance in named:
        if not instance.is_hibernatable:
            raise UnsupportedHibernationConfiguration(
                "The instance can't be hibernated because it was not configured at launch for hibernation: "
                f"{instance.id}",
            )
        if instance.state is InstanceState.RUNNING and instance.reachability is Reachability.INITIALIZING:
            raise UnsupportedOperation(f"Instance {instance.id} is not ready to hibernate yet, retry in a few minutes.")
