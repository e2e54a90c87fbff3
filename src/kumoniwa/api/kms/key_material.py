"""What keys encrypt with: 256 bits for each, sealed by AES-256-GCM with a key of this cloud in a file of its own.

The file lies in the data folder, readable by its owner alone, and is made when a key is first used. A copy of the
database without it decrypts nothing. A key's material is in the key's row, and is gone with it.
"""

import asyncio
import os
from base64 import b64decode, b64encode
from dataclasses import field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.kms_refusals import MaterialLost
from kumoniwa.api.kms.named_keys import check_enabled, check_managed_by_customer, key_or_alias
from kumoniwa.folder import kept_key
from kumoniwa.model.kms_keys import KmsKey, arn_of
from kumoniwa.store import kms_keys
from kumoniwa.values import dataclass

KEY_FILE = "kms.key"
_NONCE = 12  # bytes
_BYTES = 32


@dataclass(frozen=True, slots=True)
class UsableKey:
    """A key with what it encrypts with, in the clear."""

    key: KmsKey
    material: bytes = field(repr=False)


async def usable_key(cloud: Cloud, call: Call, asked: str) -> UsableKey:
    """The key of this id, alias, or ARN of either, to encrypt with; it gets its material, where it has none yet.

    Raises KMS's refusals of what is no key, or may not be used, and `MaterialLost`.
    """

    def find(connection: Connection) -> KmsKey:
        key = key_or_alias(connection, call, asked)
        check_managed_by_customer(call, key)
        check_enabled(key)
        return key

    key = await cloud.read(find)
    is_first = key.material is None and not await cloud.read(kms_keys.any_has_material)
    root = await _root_key(cloud, make=is_first)  # a new one would open none of those that there are
    if key.material is None:

        def give_material(connection: Connection) -> Answer:
            if (found := find(connection)).material is None:
                kms_keys.change(connection, found, material=_sealed(root, found))
            return None

        await cloud.change(call, give_material)
        key = await cloud.read(find)
    return UsableKey(key, _opened(root, key))


async def opened_key(cloud: Cloud, key: KmsKey) -> UsableKey:
    """A key that has been encrypted with, to decrypt with. Raises `MaterialLost`."""
    return UsableKey(key, _opened(await _root_key(cloud), key))


async def _root_key(cloud: Cloud, *, make: bool = False) -> bytes:
    return await asyncio.to_thread(_read, cloud.world.config.data_dir / KEY_FILE, make=make)


def _read(path: Path, *, make: bool) -> bytes:
    try:
        return kept_key(path, _BYTES, make=make)
    except (OSError, ValueError):
        raise _lost() from None


def _sealed(root: bytes, key: KmsKey) -> str:
    """New material for a key, as its row has it."""
    nonce, material = os.urandom(_NONCE), os.urandom(_BYTES)
    return b64encode(nonce + AESGCM(root).encrypt(nonce, material, arn_of(key).encode())).decode()


def _opened(root: bytes, key: KmsKey) -> bytes:
    if key.material is None:
        raise _lost()
    raw = b64decode(key.material)
    try:
        return AESGCM(root).decrypt(raw[:_NONCE], raw[_NONCE:], arn_of(key).encode())
    except InvalidTag:
        raise _lost() from None


def _lost() -> MaterialLost:
    return MaterialLost(
        f"The key in {KEY_FILE} of the data folder is missing, or another than the material of KMS's keys was sealed "
        "with.",
        way_out="Put a copy of it back (docs/operations), or make another key and encrypt with that.",
    )
