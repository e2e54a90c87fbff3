"""The guest's host keys, for which sshd waits."""

import os
from pathlib import Path

KINDS = ("ed25519", "ecdsa", "rsa")


def path_of(kind: str) -> str:
    """Where sshd reads the key of this kind, below the root; its public half is beside it."""
    return f"etc/ssh/ssh_host_{kind}_key"


def hold_sshd(root: Path) -> None:
    """Afterwards the guest has no host keys, and sshd, when it starts, waits for them: they are pipes."""
    for kind in KINDS:
        path = root / path_of(kind)
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.pub").unlink(missing_ok=True)
        if kind != "rsa":  # sshd reads it first, and the host gives none
            os.mkfifo(path, 0o600)
