"""GetKeyRotationStatus, EnableKeyRotation, DisableKeyRotation and ListKeyRotations."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.named_keys import check_enabled, named_key, own_key
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.kms_keys import ROTATION_DAYS, KeyState, arn_of, next_rotation
from kumoniwa.store import kms_keys

_MISSING = "It is stored, and no key is rotated: one has the same material all its life."


@action("GetKeyRotationStatus", service="kms", depth=Depth.RECORDED, missing=_MISSING)
async def get_key_rotation_status(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whether a key is said to be rotated, how often, and when next. Those that AWS manages are, once a year."""

    def read(connection: Connection) -> Answer:
        key = named_key(connection, call, parameters["KeyId"])
        if not key.is_customers:
            return {"KeyId": arn_of(key), "KeyRotationEnabled": True}
        if key.rotation_days is None or key.state is KeyState.PENDING_DELETION:
            return {"KeyId": arn_of(key), "KeyRotationEnabled": False}
        return {
            "KeyId": arn_of(key),
            "KeyRotationEnabled": True,
            "RotationPeriodInDays": key.rotation_days,
            "NextRotationDate": next_rotation(key, call.at),
        }

    return await cloud.read(read)


@action("EnableKeyRotation", service="kms", depth=Depth.RECORDED, missing=_MISSING)
async def enable_key_rotation(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Say that a key is to be rotated, each year or after so many days."""

    def enable(connection: Connection) -> Answer:
        key = own_key(connection, call, parameters["KeyId"])
        check_enabled(key)
        days = parameters.get("RotationPeriodInDays") or key.rotation_days or ROTATION_DAYS
        if days != key.rotation_days:
            kms_keys.change(connection, key, rotation_days=days, rotates_since=call.at)
        return None

    return await cloud.change(call, enable)


@action("DisableKeyRotation", service="kms", depth=Depth.RECORDED, missing=_MISSING)
async def disable_key_rotation(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Say that a key is to be rotated no more."""

    def disable(connection: Connection) -> Answer:
        key = own_key(connection, call, parameters["KeyId"])
        check_enabled(key)
        kms_keys.change(connection, key, rotation_days=None, rotates_since=None)
        return None

    return await cloud.change(call, disable)


@action("ListKeyRotations", service="kms", depth=Depth.RECORDED, missing=_MISSING)
async def list_key_rotations(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The rotations of a key: there were none."""

    def read(connection: Connection) -> Answer:
        named_key(connection, call, parameters["KeyId"])
        return {"Rotations": [], "Truncated": False}

    return await cloud.read(read)
