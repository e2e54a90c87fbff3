"""CreateAccessKey."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.refusals import LimitExceeded
from kumoniwa.api.iam.users.named_user import user_meant
from kumoniwa.api.registry import action
from kumoniwa.credentials.new_key import new_access_key
from kumoniwa.model.users import AccessKey, KeyStatus
from kumoniwa.store import users

MOST_KEYS = 2
"""Of a user: AWS's quota, which cannot be raised."""


@action("CreateAccessKey", service="iam")
async def create_access_key(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make an access key of a user, which signs from now on. Its secret is answered this once."""

    def add(connection: Connection) -> Answer:
        user = user_meant(connection, call, parameters)
        if len(users.keys_of(connection, user.id)) >= MOST_KEYS:
            raise LimitExceeded("AccessKeysPerUser", MOST_KEYS)
        key_id, secret = new_access_key()
        key = AccessKey(key_id, call.account, user.id, secret, KeyStatus.ACTIVE, call.at)
        users.add_key(connection, key)
        return {
            "AccessKey": {
                "UserName": user.name,
                "AccessKeyId": key.id,
                "Status": key.status,
                "SecretAccessKey": key.secret,
                "CreateDate": key.created_at,
            }
        }

    return await cloud.change(call, add)
