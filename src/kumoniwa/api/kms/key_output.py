"""Keys as KMS's answers have them."""

from collections.abc import Mapping
from typing import Any

from kumoniwa.model.kms_keys import KmsKey, arn_of

SYMMETRIC = "SYMMETRIC_DEFAULT"
ENCRYPT_DECRYPT = "ENCRYPT_DECRYPT"
AWS_KMS = "AWS_KMS"


def key_output(key: KmsKey) -> Mapping[str, Any]:
    """A key's metadata."""
    return {
        "AWSAccountId": key.account,
        "KeyId": key.id,
        "Arn": arn_of(key),
        "CreationDate": key.created_at,
        "Enabled": key.is_enabled,
        "Description": key.description,
        "KeyUsage": ENCRYPT_DECRYPT,
        "KeyState": key.state,
        "DeletionDate": key.deletion_at,
        "Origin": AWS_KMS,
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": SYMMETRIC,
        "KeySpec": SYMMETRIC,
        "EncryptionAlgorithms": [SYMMETRIC],
        "MultiRegion": False,
    }
