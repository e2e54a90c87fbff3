"""Whether what is encrypted may be used, or made: only under a KMS key that there is, and that is enabled."""

from collections.abc import Iterable

from sqlalchemy import Connection

from kumoniwa.model.kms_keys import KEY_UNUSABLE
from kumoniwa.model.snapshots import ImportTask, Snapshot
from kumoniwa.model.volumes import Volume
from kumoniwa.store import kms_keys
from kumoniwa.workflows.workflow import StepFailed

_WAY_OUT = "Name a key that aws kms list-keys shows, and that is enabled."


def is_usable(connection: Connection, of: Volume | Snapshot | ImportTask) -> bool:
    """Whether it is not encrypted, or its key is there and enabled."""
    if of.kms_key_id is None:
        return True
    key = kms_keys.find(connection, of.account, of.region, of.kms_key_id)
    return key is not None and key.is_enabled


def check_keys(connection: Connection, volumes: Iterable[Volume]) -> None:
    """Raises `StepFailed`, in EC2's words, where the key of one of them cannot be used."""
    for volume in volumes:
        if not is_usable(connection, volume):
            raise StepFailed(
                f"{KEY_UNUSABLE}: The KMS key provided is in an incorrect state ({volume.kms_key_id}, of {volume.id}).",
                way_out=_WAY_OUT,
            )


def check_copy_key(connection: Connection, copy: Snapshot | ImportTask) -> None:
    """Raises `StepFailed`, in EC2's words, where a copy, or the snapshot of an import, cannot be made for its key."""
    if not is_usable(connection, copy):
        raise StepFailed(f"Given key ID is not accessible ({copy.kms_key_id}).", way_out=_WAY_OUT)
