"""GetEbsEncryptionByDefault, DisableEbsEncryptionByDefault and EnableEbsEncryptionByDefault, and the key of it:
GetEbsDefaultKmsKeyId, ModifyEbsDefaultKmsKeyId and ResetEbsDefaultKmsKeyId.

There are no encrypted volumes, so that none is encrypted by default: who asks for that is refused.
"""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import NotBuilt

_DEFAULT_KEY = "alias/aws/ebs"
_MISSING = "There are no encrypted volumes, and no keys."


@action("GetEbsEncryptionByDefault")
async def get_ebs_encryption_by_default(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whether new volumes are encrypted: none is."""
    return {"EbsEncryptionByDefault": False, "SseType": "none"}


@action("DisableEbsEncryptionByDefault")
async def disable_ebs_encryption_by_default(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Afterwards new volumes are not encrypted, as before."""
    return {"EbsEncryptionByDefault": False}


@action("EnableEbsEncryptionByDefault", depth=Depth.NOT_BUILT, missing=_MISSING)
async def enable_ebs_encryption_by_default(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refuse: volumes that are said to be encrypted would lie on the host's disk as they are."""
    raise NotBuilt("encrypted volumes", way_out="Leave it disabled, and encrypt the disk of the data folder instead.")


@action("GetEbsDefaultKmsKeyId", depth=Depth.RECORDED, missing=_MISSING)
async def get_ebs_default_kms_key_id(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The key that volumes would be encrypted with: AWS's own."""
    return {"KmsKeyId": _DEFAULT_KEY}


@action("ModifyEbsDefaultKmsKeyId", depth=Depth.NOT_BUILT, missing=_MISSING)
async def modify_ebs_default_kms_key_id(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refuse: there are no keys to encrypt with."""
    raise NotBuilt("encrypted volumes", way_out=f"The key stays {_DEFAULT_KEY}.")


@action("ResetEbsDefaultKmsKeyId", depth=Depth.RECORDED, missing=_MISSING)
async def reset_ebs_default_kms_key_id(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Afterwards the key is AWS's own, as before."""
    return {"KmsKeyId": _DEFAULT_KEY}
