"""Encrypt, Decrypt and ReEncrypt."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.ciphertexts import Context, key_of, opened, sealed
from kumoniwa.api.kms.key_material import opened_key, usable_key
from kumoniwa.api.kms.key_output import SYMMETRIC
from kumoniwa.api.kms.kms_refusals import (
    IncompatibleAlgorithm,
    IncorrectKey,
    InvalidKmsParameters,
    KmsAccessDenied,
)
from kumoniwa.api.kms.named_keys import check_enabled, key_or_alias
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.kms_keys import KmsKey, arn_of
from kumoniwa.store import kms_keys

MISSING = "Grant tokens are taken, and nobody evaluates grants and policies."
RECIPIENT = NotBuiltParameter("Recipient", "answers that only an attested enclave can read")
_MODIFIERS = NotBuiltParameter("DryRunModifiers", "dry runs without a ciphertext")
_MOST_PLAIN, _MOST_SEALED = 4096, 6144  # bytes


@action("Encrypt", service="kms", depth=Depth.PARTLY, missing=MISSING)
async def encrypt(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Encrypt up to 4 KiB with a key, bound to an encryption context."""
    _check_algorithms(parameters, ("EncryptionAlgorithm",))
    _check_size("plaintext", parameters["Plaintext"], _MOST_PLAIN)
    key = await usable_key(cloud, call, parameters["KeyId"])
    return {
        "CiphertextBlob": sealed(key, parameters["Plaintext"], parameters.get("EncryptionContext") or {}),
        "KeyId": arn_of(key.key),
        "EncryptionAlgorithm": SYMMETRIC,
    }


_NOT_BUILT = (RECIPIENT, _MODIFIERS)


@action("Decrypt", service="kms", depth=Depth.PARTLY, missing=MISSING, not_built=_NOT_BUILT)
async def decrypt(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Decrypt what was encrypted here, in the same encryption context."""
    refuse(parameters, _NOT_BUILT)
    _check_algorithms(parameters, ("EncryptionAlgorithm",))
    key, plaintext = await _decrypted(
        cloud, call, parameters, parameters.get("KeyId"), parameters.get("EncryptionContext") or {}
    )
    return {"KeyId": arn_of(key), "Plaintext": plaintext, "EncryptionAlgorithm": SYMMETRIC}


_NOT_BUILT_OF_BOTH = (_MODIFIERS,)


@action("ReEncrypt", service="kms", depth=Depth.PARTLY, missing=MISSING, not_built=_NOT_BUILT_OF_BOTH)
async def re_encrypt(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Decrypt what was encrypted here, and encrypt it with another key, or in another context."""
    refuse(parameters, _NOT_BUILT_OF_BOTH)
    _check_algorithms(parameters, ("SourceEncryptionAlgorithm", "DestinationEncryptionAlgorithm"))
    source, plaintext = await _decrypted(
        cloud, call, parameters, parameters.get("SourceKeyId"), parameters.get("SourceEncryptionContext") or {}
    )
    key = await usable_key(cloud, call, parameters["DestinationKeyId"])
    return {
        "CiphertextBlob": sealed(key, plaintext, parameters.get("DestinationEncryptionContext") or {}),
        "SourceKeyId": arn_of(source),
        "KeyId": arn_of(key.key),
        "SourceEncryptionAlgorithm": SYMMETRIC,
        "DestinationEncryptionAlgorithm": SYMMETRIC,
    }


async def _decrypted(
    cloud: Cloud, call: Call, parameters: Parameters, asked: str | None, context: Context
) -> tuple[KmsKey, bytes]:
    """The key of a request's blob, and what that holds. `asked` is the key that it must be. Raises KMS's refusals."""
    if (blob := parameters.get("CiphertextBlob")) is None:
        raise InvalidKmsParameters(
            "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not "
            "be null"
        )
    _check_size("ciphertextBlob", blob, _MOST_SEALED)
    key_id = key_of(blob)

    def find(connection: Connection) -> KmsKey:
        if asked is not None and key_or_alias(connection, call, asked).id != key_id:
            raise IncorrectKey
        found = kms_keys.of_id(connection, call.account, call.region, key_id)
        if found is None:
            raise KmsAccessDenied(
                "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or "
                "you are not allowed to access."
            )
        check_enabled(found)
        return found

    key = await cloud.read(find)
    return key, opened(await opened_key(cloud, key), blob, context)


def _check_algorithms(parameters: Parameters, names: Sequence[str]) -> None:
    for name in names:
        if (algorithm := parameters.get(name)) not in (None, SYMMETRIC):
            raise IncompatibleAlgorithm(algorithm, SYMMETRIC)


def _check_size(name: str, value: bytes, most: int) -> None:
    """Raises KMS's refusals of bytes that are none, or too many. It repeats none of them."""
    if not value:
        constraint = "Member must have length greater than or equal to 1"
    elif len(value) > most:
        constraint = f"Member must have length less than or equal to {most}"
    else:
        return
    raise InvalidKmsParameters(
        f"1 validation error detected: Value at '{name}' failed to satisfy constraint: {constraint}"
    )
