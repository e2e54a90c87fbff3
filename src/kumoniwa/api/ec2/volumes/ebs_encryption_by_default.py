"""GetEbsEncryptionByDefault, DisableEbsEncryptionByDefault and EnableEbsEncryptionByDefault, and the key of it:
GetEbsDefaultKmsKeyId, ModifyEbsDefaultKmsKeyId and ResetEbsDefaultKmsKeyId.
"""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.volumes.encryption import default_key, is_default
from kumoniwa.api.registry import action
from kumoniwa.errors import InvalidParameterValue
from kumoniwa.model.account_settings import Setting
from kumoniwa.model.kms_keys import EBS_ALIAS, arn_of
from kumoniwa.store import account_settings, kms_keys


@action("GetEbsEncryptionByDefault")
async def get_ebs_encryption_by_default(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whether new volumes are encrypted whatever a request says."""

    def read(connection: Connection) -> Answer:
        on = is_default(connection, call)
        return {"EbsEncryptionByDefault": on, "SseType": "sse-kms" if on else "none"}

    return await cloud.read(read)


@action("EnableEbsEncryptionByDefault")
async def enable_ebs_encryption_by_default(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """From now on new volumes and copies of snapshots are encrypted; those that are there stay as they are."""
    return await _decide(cloud, call, on=True)


@action("DisableEbsEncryptionByDefault")
async def disable_ebs_encryption_by_default(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """From now on new volumes are encrypted where a request says so, or what they are made of is."""
    return await _decide(cloud, call, on=False)


@action("GetEbsDefaultKmsKeyId")
async def get_ebs_default_kms_key_id(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The key of encrypted volumes for which no other is named: AWS's own where none was chosen."""
    return await cloud.read(lambda connection: {"KmsKeyId": default_key(connection, call)})


@action("ModifyEbsDefaultKmsKeyId")
async def modify_ebs_default_kms_key_id(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Choose the key of encrypted volumes for which no other will be named."""
    asked: str = parameters["KmsKeyId"]

    def modify(connection: Connection) -> Answer:
        found = kms_keys.find_or_make(connection, call.account, call.region, asked, call.at)
        if found is None:
            raise InvalidParameterValue(
                f"Value ({asked[:200]}) for parameter KmsKeyId is invalid. There is no such key."
            )
        key = asked if asked == EBS_ALIAS else arn_of(found)
        account_settings.put(connection, call.scope, Setting.EBS_DEFAULT_KEY, key)
        return {"KmsKeyId": key}

    return await cloud.change(call, modify)


@action("ResetEbsDefaultKmsKeyId")
async def reset_ebs_default_kms_key_id(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Afterwards the key is AWS's own."""

    def reset(connection: Connection) -> Answer:
        account_settings.put(connection, call.scope, Setting.EBS_DEFAULT_KEY, EBS_ALIAS)
        return {"KmsKeyId": EBS_ALIAS}

    return await cloud.change(call, reset)


async def _decide(cloud: Cloud, call: Call, *, on: bool) -> Answer:
    def decide(connection: Connection) -> Answer:
        account_settings.put(connection, call.scope, Setting.EBS_ENCRYPTION_BY_DEFAULT, on)
        return {"EbsEncryptionByDefault": on}

    return await cloud.change(call, decide)
