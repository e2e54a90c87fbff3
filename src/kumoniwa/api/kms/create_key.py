"""CreateKey."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.key_output import AWS_KMS, ENCRYPT_DECRYPT, SYMMETRIC, key_output
from kumoniwa.api.kms.key_policies import checked_policy
from kumoniwa.api.kms.key_tags import checked_tags
from kumoniwa.api.kms.kms_refusals import InvalidKmsParameters
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.ids import new_uuid
from kumoniwa.model.kms_keys import KeyManager, KeyState, KmsKey
from kumoniwa.store import kms_keys

_OTHER_KEYS = "KMS keys other than symmetric encryption keys"
_OTHER_ORIGINS = "KMS keys whose material comes from elsewhere"
_NOT_BUILT = (
    NotBuiltParameter("KeyUsage", _OTHER_KEYS, (ENCRYPT_DECRYPT,)),
    NotBuiltParameter("CustomerMasterKeySpec", _OTHER_KEYS, (SYMMETRIC,)),
    NotBuiltParameter("KeySpec", _OTHER_KEYS, (SYMMETRIC,)),
    NotBuiltParameter("Origin", _OTHER_ORIGINS, (AWS_KMS,)),
    NotBuiltParameter("CustomKeyStoreId", _OTHER_ORIGINS),
    NotBuiltParameter("XksKeyId", _OTHER_ORIGINS),
    NotBuiltParameter("MultiRegion", "multi-Region KMS keys"),
)


@action(
    "CreateKey",
    service="kms",
    depth=Depth.PARTLY,
    missing="Symmetric encryption keys whose material is made here; other key specs, usages and origins, custom key "
    "stores and multi-Region keys are refused. The policy is stored, and nobody evaluates it.",
    not_built=_NOT_BUILT,
)
async def create_key(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a key of the account's own."""
    if parameters.get("KeySpec") and parameters.get("CustomerMasterKeySpec"):
        raise InvalidKmsParameters(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is "
            "deprecated."
        )
    refuse(parameters, _NOT_BUILT)
    policy = parameters.get("Policy")
    key = KmsKey(
        new_uuid(),
        call.account,
        call.region,
        call.at,
        parameters.get("Description") or "",
        KeyManager.CUSTOMER,
        KeyState.ENABLED,
        policy=None if policy is None else checked_policy(policy),
        tags=checked_tags(parameters.get("Tags") or []),
    )

    def create(connection: Connection) -> Answer:
        kms_keys.add(connection, key)
        return {"KeyMetadata": key_output(key)}

    return await cloud.change(call, create)
