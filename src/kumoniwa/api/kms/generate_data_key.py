"""GenerateDataKey, GenerateDataKeyWithoutPlaintext and GenerateRandom."""

import os

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.ciphertexts import sealed
from kumoniwa.api.kms.encrypt import MISSING, RECIPIENT
from kumoniwa.api.kms.key_material import usable_key
from kumoniwa.api.kms.kms_refusals import InvalidKmsParameters
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.kms_keys import arn_of

_NOT_BUILT = (RECIPIENT,)
_SIZES = {"AES_128": 16, "AES_256": 32}  # bytes


@action("GenerateDataKey", service="kms", depth=Depth.PARTLY, missing=MISSING, not_built=_NOT_BUILT)
async def generate_data_key(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Random bytes to encrypt with, in the clear and encrypted with a key."""
    refuse(parameters, _NOT_BUILT)
    return await _generated(cloud, call, parameters, in_the_clear=True)


@action("GenerateDataKeyWithoutPlaintext", service="kms", depth=Depth.PARTLY, missing=MISSING)
async def generate_data_key_without_plaintext(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Random bytes to encrypt with, encrypted with a key."""
    return await _generated(cloud, call, parameters, in_the_clear=False)


_NOT_BUILT_OF_RANDOM = (RECIPIENT, NotBuiltParameter("CustomKeyStoreId", "custom key stores"))


@action(
    "GenerateRandom",
    service="kms",
    depth=Depth.PARTLY,
    missing="The bytes are the host's.",
    not_built=_NOT_BUILT_OF_RANDOM,
)
async def generate_random(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Up to 1024 random bytes."""
    refuse(parameters, _NOT_BUILT_OF_RANDOM)
    if (count := parameters.get("NumberOfBytes")) is None:
        raise InvalidKmsParameters("NumberOfBytes is required.")
    return {"Plaintext": os.urandom(count)}


async def _generated(cloud: Cloud, call: Call, parameters: Parameters, *, in_the_clear: bool) -> Answer:
    spec: str = parameters.get("KeySpec") or ""
    count: int = parameters.get("NumberOfBytes") or 0
    if bool(spec) == bool(count):
        raise InvalidKmsParameters("Please specify either number of bytes or key spec.")
    key = await usable_key(cloud, call, parameters["KeyId"])
    plaintext = os.urandom(count or _SIZES[spec])
    return {
        "CiphertextBlob": sealed(key, plaintext, parameters.get("EncryptionContext") or {}),
        "Plaintext": plaintext if in_the_clear else None,
        "KeyId": arn_of(key.key),
    }
