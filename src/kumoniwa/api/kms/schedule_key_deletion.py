"""ScheduleKeyDeletion and CancelKeyDeletion."""

from datetime import timedelta

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.kms_refusals import InvalidKmsParameters, InvalidState
from kumoniwa.api.kms.named_keys import check_stays, own_key
from kumoniwa.api.registry import action
from kumoniwa.model.kms_keys import KeyState, arn_of
from kumoniwa.store import kms_keys

_LEAST_DAYS, _MOST_DAYS = 7, 30


@action("ScheduleKeyDeletion", service="kms")
async def schedule_key_deletion(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let a key be deleted after a waiting period, with its aliases and grants; until then it is of no use."""
    days: int = parameters.get("PendingWindowInDays") or _MOST_DAYS
    if not _LEAST_DAYS <= days <= _MOST_DAYS:
        raise InvalidKmsParameters(
            f"PendingWindowInDays must be between {_LEAST_DAYS} and {_MOST_DAYS}, and is {days}."
        )
    deletion_at = call.at + timedelta(days=days)

    def schedule(connection: Connection) -> Answer:
        key = own_key(connection, call, parameters["KeyId"])
        check_stays(key)
        kms_keys.change(connection, key, state=KeyState.PENDING_DELETION, deletion_at=deletion_at)
        return {
            "KeyId": arn_of(key),
            "DeletionDate": deletion_at,
            "KeyState": KeyState.PENDING_DELETION,
            "PendingWindowInDays": days,
        }

    return await cloud.change(call, schedule)


@action("CancelKeyDeletion", service="kms")
async def cancel_key_deletion(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let a key stay that was to be deleted. It is disabled then."""

    def cancel(connection: Connection) -> Answer:
        key = own_key(connection, call, parameters["KeyId"])
        if key.state is not KeyState.PENDING_DELETION:
            raise InvalidState(f"{arn_of(key)} is not pending deletion.")
        kms_keys.change(connection, key, state=KeyState.DISABLED, deletion_at=None)
        return {"KeyId": arn_of(key)}

    return await cloud.change(call, cancel)
