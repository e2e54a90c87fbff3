"""EnableKey, DisableKey and UpdateKeyDescription."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.named_keys import check_stays, own_key
from kumoniwa.api.registry import action
from kumoniwa.model.kms_keys import KeyState
from kumoniwa.store import kms_keys


@action("EnableKey", service="kms")
async def enable_key(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let a key encrypt and decrypt."""
    return await _changed(cloud, call, parameters, state=KeyState.ENABLED)


@action("DisableKey", service="kms")
async def disable_key(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let a key neither encrypt nor decrypt until it is enabled again."""
    return await _changed(cloud, call, parameters, state=KeyState.DISABLED)


@action("UpdateKeyDescription", service="kms")
async def update_key_description(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Describe a key in other words."""
    return await _changed(cloud, call, parameters, description=parameters["Description"])


async def _changed(cloud: Cloud, call: Call, parameters: Parameters, **columns: Any) -> Answer:
    def change(connection: Connection) -> Answer:
        key = own_key(connection, call, parameters["KeyId"])
        check_stays(key)
        kms_keys.change(connection, key, **columns)
        return None

    return await cloud.change(call, change)
