"""The firmware of guests that boot by UEFI: OVMF, its code shared and read-only, its variables each guest's own.

By a BIOS QEMU's own firmware boots, and there is nothing to do.
"""

import json
import os
from pathlib import Path

from kumoniwa.folder import sync_folder
from kumoniwa.hypervisor.driver import DriverError, Firmware

_CODE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
_EMPTY_VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
_VARIABLES = "uefi-variables.fd"


def machine_options(firmware: Firmware) -> str:
    """What is added to `-machine`, beginning with a comma."""
    return ",pflash0=uefi-code,pflash1=uefi-variables" if firmware is Firmware.UEFI else ""


def blockdevs(firmware: Firmware) -> list[str]:
    """The nodes that the machine's flash memory is made of, as arguments. Paths are seen from the guest's folder."""
    if firmware is not Firmware.UEFI:
        return []
    code = {"driver": "file", "filename": str(_CODE), "read-only": True}
    variables = {"driver": "file", "filename": _VARIABLES}
    return [
        *("-blockdev", json.dumps({"driver": "raw", "node-name": "uefi-code", "read-only": True, "file": code})),
        *("-blockdev", json.dumps({"driver": "raw", "node-name": "uefi-variables", "file": variables})),
    ]


def ensure_variables(folder: Path, firmware: Firmware) -> None:
    """Afterwards a guest that boots by UEFI has its variables, durably, in its folder: new ones are empty.

    Raises `DriverError` where the host lacks the firmware.
    """
    if firmware is not Firmware.UEFI:
        return
    for needed in (_CODE, _EMPTY_VARIABLES):
        if not needed.exists():
            raise DriverError(
                f"{needed}, needed to boot by UEFI, is missing.", way_out="On Debian: sudo apt-get install ovmf"
            )
    if (folder / _VARIABLES).exists():
        return
    unfinished = folder / f".{_VARIABLES}.new"
    with unfinished.open("wb") as file:
        file.write(_EMPTY_VARIABLES.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / _VARIABLES)
    sync_folder(folder)
