"""Whether a new volume or snapshot is encrypted, and under which key: EC2's rules, for whatever makes one.

Outcomes: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html. Nothing is made that is less encrypted
than what it is made of, and with encryption by default nothing that is not: `Encrypted: false` changes neither.
"""

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.ids import new_id, new_uuid
from kumoniwa.model.account_settings import Setting
from kumoniwa.model.kms_keys import EBS_ALIAS, arn_of
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.store import account_settings, kms_keys

_LONGEST_KEY = 2048  # characters, KMS's own limit


def is_default(connection: Connection, call: Call) -> bool:
    """Whether new volumes of this account are encrypted in this region, whatever a request says."""
    return bool(account_settings.get(connection, call.scope, Setting.EBS_ENCRYPTION_BY_DEFAULT))


def default_key(connection: Connection, call: Call) -> str:
    """The key of volumes for which no other is named: as it was chosen (an id, ARN or alias), or AWS's own."""
    chosen: str | None = account_settings.get(connection, call.scope, Setting.EBS_DEFAULT_KEY)
    return chosen or EBS_ALIAS


def check_asked(encrypted: bool | None, key: str | None) -> None:
    """Raises EC2's refusal of a key for what is not said to be encrypted."""
    if key is not None and (len(key) > _LONGEST_KEY or not key.isprintable()):
        raise InvalidParameterValue(f"Value ({key[:200]!r}) for parameter KmsKeyId is invalid. It is no key's name.")
    if key is not None and not encrypted:
        raise Ec2Error(
            "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."
        )


def key_for(
    connection: Connection, call: Call, made_of: Snapshot | None, encrypted: bool | None, key: str | None
) -> str | None:
    """The key that a volume, or the copy of a snapshot, is encrypted under; None: it is not encrypted. `made_of` is
    what it is made of, `encrypted` and `key` are what the request says.

    An ARN, where there is such a key; else what was asked for: EC2 finds out only while it makes the volume.
    """
    check_asked(encrypted, key)
    if not (encrypted or (made_of is not None and made_of.encrypted) or is_default(connection, call)):
        return None
    if key is None and made_of is not None and made_of.encrypted:
        return made_of.kms_key_id
    asked = key or default_key(connection, call)
    found = kms_keys.find_or_make(connection, call.account, call.region, asked, call.at)
    return asked if found is None else arn_of(found)


def data_key(made_of: Snapshot | None, key: str | None) -> str | None:
    """The id of the data key of a volume or snapshot under this key: that of the snapshot it is made of, or a new one
    where it is empty or written anew. None where there is no key."""
    if key is None:
        return None
    return made_of.data_key_id if made_of is not None and made_of.kms_key_id == key else new_uuid()


def new_layer(
    call: Call, made_of: Snapshot | None, size_gib: int, key: str | None, *, stands_on: str | None = None
) -> Layer:
    """The layer of a new volume under this key: on that of its snapshot (or `stands_on`), or an encrypted copy of that
    where it is not encrypted, or under another key."""
    below = stands_on or (None if made_of is None else made_of.layer_id)
    is_copy = _is_copied(made_of, key)
    return Layer(new_id("layer"), below, size_gib * GIB, call.at, encrypted=key is not None, is_copy=is_copy)


def written_anew(made_of: Snapshot | None, key: str | None) -> int:
    """How many bytes of its snapshot a new volume under this key is to hold again."""
    return made_of.full_bytes or 0 if made_of is not None and _is_copied(made_of, key) else 0


def _is_copied(made_of: Snapshot | None, key: str | None) -> bool:
    return key is not None and made_of is not None and made_of.kms_key_id != key
