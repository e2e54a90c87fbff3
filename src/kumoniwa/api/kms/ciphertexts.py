"""What KMS's keys have encrypted: a blob that names its key, bound to the encryption context that it was made in.

A blob is a version, the key's id, a nonce, and what AES-256-GCM made of the plaintext. All that stands before the
latter is authenticated too, and so is the encryption context, whose pairs have no order.
"""

import json
import os
from collections.abc import Mapping
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kumoniwa.api.kms.key_material import UsableKey
from kumoniwa.api.kms.kms_refusals import InvalidCiphertext

_VERSION = b"\x01"
_ID, _NONCE, _TAG = 16, 12, 16  # bytes
_HEAD = len(_VERSION) + _ID + _NONCE

Context = Mapping[str, str]


def sealed(key: UsableKey, plaintext: bytes, context: Context) -> bytes:
    """The blob of a plaintext."""
    nonce = os.urandom(_NONCE)
    head = _VERSION + UUID(key.key.id).bytes + nonce
    return head + AESGCM(key.material).encrypt(nonce, plaintext, _bound_to(head, context))


def key_of(blob: bytes) -> str:
    """The id of the key that a blob was made with. Raises `InvalidCiphertext` for what is no blob."""
    if len(blob) < _HEAD + _TAG or not blob.startswith(_VERSION):
        raise InvalidCiphertext
    return str(UUID(bytes=blob[len(_VERSION) : len(_VERSION) + _ID]))


def opened(key: UsableKey, blob: bytes, context: Context) -> bytes:
    """The plaintext of a blob. Raises `InvalidCiphertext` for one that was changed, or made in another context."""
    head = blob[:_HEAD]
    try:
        return AESGCM(key.material).decrypt(head[-_NONCE:], blob[_HEAD:], _bound_to(head, context))
    except InvalidTag:
        raise InvalidCiphertext from None


def _bound_to(head: bytes, context: Context) -> bytes:
    return head + json.dumps(sorted(context.items())).encode()
