"""What starts a guest's boot loader: what images ask for, instance types offer, and instances get."""

from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue
from kumoniwa.model.images import Image
from kumoniwa.model.instance_types import InstanceType

BIOS = "legacy-bios"
UEFI = "uefi"
UEFI_PREFERRED = "uefi-preferred"


def supported_boot_modes(kind: InstanceType) -> tuple[str, ...]:
    """What instances of the type can boot by, the older way first."""
    return kind.boot_modes


def boot_mode(asked: str | None, kind: InstanceType) -> str | None:
    """What an instance of this type boots by (`Instance.boot_mode`), of an image that asks for this.

    Raises the refusal of a type that cannot.
    """
    if asked == UEFI_PREFERRED:
        return supported_boot_modes(kind)[-1]
    if asked == UEFI and UEFI not in supported_boot_modes(kind):
        raise InvalidParameterValue(f"The instance type '{kind.name}' does not support boot mode '{UEFI}'.")
    return asked


def boot_preference(image: Image) -> dict[str, str]:
    """What instances of the image show as its boot mode, beside the mode they boot by (kept in `Instance.options`)."""
    return {"BootMode": UEFI_PREFERRED} if image.boot_mode == UEFI_PREFERRED else {}


def check_boots(architecture: str, mode: str | None) -> None:
    """Raises the refusal of an image that no guest boots: there is no firmware for it."""
    if architecture == "i386" and mode in (UEFI, UEFI_PREFERRED):
        raise InvalidParameterCombination(f"The boot mode '{mode}' is not supported for the architecture 'i386'.")
