"""How encrypted layers are encrypted: by LUKS within qcow2, each with a random key of its own (AES-256-XTS).

What opens them all is one passphrase of the cloud. It lies beside the folder of the layers, readable by its owner
alone, and is made for the first encrypted layer. A copy of the layers without it tells nothing of what they hold.
Options: https://www.qemu.org/docs/master/system/qemu-block-drivers.html (qcow2, encrypt)
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from kumoniwa import run
from kumoniwa.folder import read_private, write_private_once
from kumoniwa.hypervisor.driver import DriverError, LayerDamaged
from kumoniwa.hypervisor.qemu.disks.qcow2 import read_header

KEY_FILE = "volumes.key"
"""The file of the passphrase, in the data folder."""
SECRET = "volumes"
"""What QEMU and qemu-img call it."""
OPENED: Mapping[str, object] = {"encrypt": {"format": "luks", "key-secret": SECRET}}
"""What the block node of an encrypted layer has besides."""
# The passphrase is random, so there is nothing to be won by making each try to open a layer take long: as short as
# qemu-img lets it be (2 s by default, for each layer of each disk). To find out how short takes it 1.7 s of a processor
# for each layer that it makes, whatever is asked for.
CREATED = f"encrypt.format=luks,encrypt.key-secret={SECRET},encrypt.iter-time=10"
_BYTES = 32
_WRONG, _NOT_TIMED = "Invalid password", "Unable to get accurate CPU usage"


def key_of(layers: Path) -> Path:
    """The file of the passphrase, of this folder of layers."""
    return layers.absolute().with_name(KEY_FILE)


def secret_option(file: str) -> str:
    """The passphrase for `--object` and `-object`: QEMU reads it itself, so that no list of processes shows it."""
    return f"secret,id={SECRET},file={file.replace(',', ',,')}"


def key_option(layers: Path) -> list[str]:
    """The passphrase for qemu-img."""
    return ["--object", secret_option(str(key_of(layers)))]


def ensure_key(layers: Path) -> None:
    """Afterwards there is a passphrase: a new one only where no layer is encrypted, for it opens none that there is.

    Raises `DriverError` where it is missing, or cannot be read or written.
    """
    path = key_of(layers)
    try:
        if not os.path.lexists(path):
            if any(_is_encrypted(layer) for layer in layers.glob("*.qcow2")):
                raise _missing("the file is gone")
            write_private_once(path, secrets.token_urlsafe(_BYTES))
        check_key(layers)
    except OSError as failure:
        raise _missing(str(failure.strerror)) from failure


def check_key(layers: Path) -> None:
    """Raises `DriverError` where the passphrase is not there, or is none."""
    try:
        if not read_private(key_of(layers)):
            raise _missing("it is empty")
    except OSError as failure:
        raise _missing(str(failure.strerror)) from failure


def check_opened(failure: run.ProgramFailed) -> None:
    """Raises `DriverError` where this is what QEMU's tools say of a layer that another passphrase opens."""
    if _WRONG in failure.stderr:
        raise _missing("it opens none of them; it is another cloud's, or another one's") from failure


def is_worth_another_try(failure: run.ProgramFailed) -> bool:
    """Whether qemu-img found no processor time in what it had just computed: its thread's clock had not ticked."""
    return _NOT_TIMED in failure.stderr


def _is_encrypted(layer: Path) -> bool:
    try:
        return read_header(layer).is_encrypted
    except LayerDamaged:
        return False


def _missing(why: str) -> DriverError:
    return DriverError(
        f"The key of the encrypted volumes, {KEY_FILE} in the data folder, cannot be used: {why}.",
        way_out="Put a copy of it back (docs/operations/backup-and-restore.md): without it nobody can read them.",
    )
