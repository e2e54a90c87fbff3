"""The values of SecureStrings: sealed by AES-256-GCM with a key of this cloud, which is no part of its database.

The key lies in the data folder, readable by its owner alone, and is made for the first of them. A copy of the database
without it tells no value; neither does a value that was put into another parameter's row.
"""

import asyncio
import os
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ssm.parameter_names import arn_of
from kumoniwa.api.ssm.parameter_refusals import InvalidKeyId
from kumoniwa.folder import kept_key
from kumoniwa.model.parameters import Parameter

KEY_FILE = "parameters.key"
DEFAULT_KEY = "alias/aws/ssm"
_NONCE = 12  # bytes
_KEY_BYTES = 32


async def sealing_key(cloud: Cloud, *, make: bool = False) -> bytes:
    """The key; made where there is none yet, if that is asked for. Raises `InvalidKeyId`."""
    return await asyncio.to_thread(_key, cloud.world.config.data_dir / KEY_FILE, make=make)


def sealed(key: bytes, parameter: Parameter) -> str:
    """The parameter's value as it is kept, and given to whoever does not ask for decryption."""
    nonce = os.urandom(_NONCE)
    return b64encode(nonce + AESGCM(key).encrypt(nonce, parameter.value.encode(), _bound_to(parameter))).decode()


def opened(key: bytes, parameter: Parameter) -> str:
    """What `sealed` was given. Raises `InvalidKeyId` for what was sealed with another key, or for another parameter."""
    raw = b64decode(parameter.value)
    try:
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], _bound_to(parameter)).decode()
    except InvalidTag:
        raise _other_key(KEY_FILE) from None


def _bound_to(parameter: Parameter) -> bytes:
    return f"{arn_of(parameter)}:{parameter.version}".encode()


def _key(path: Path, *, make: bool) -> bytes:
    try:
        return kept_key(path, _KEY_BYTES, make=make)
    except (OSError, ValueError):
        raise _other_key(path.name) from None


def _other_key(name: str) -> InvalidKeyId:
    return InvalidKeyId(
        f"The key in {name} of the data folder is missing, or another than the value was encrypted with.",
        way_out="Put a copy of it back (docs/operations), or write the value again.",
    )
