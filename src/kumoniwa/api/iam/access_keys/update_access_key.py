"""UpdateAccessKey."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.access_keys.named_key import key_named
from kumoniwa.api.iam.refusals import ValidationError
from kumoniwa.api.registry import action
from kumoniwa.model.users import KeyStatus
from kumoniwa.store import users


@action("UpdateAccessKey", service="iam")
async def update_access_key(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let an access key sign nothing for a while, or sign again."""
    try:
        status = KeyStatus(parameters["Status"])
    except ValueError:  # the model has one more, which keys come to by themselves
        raise ValidationError("The status of an access key is set to Active or Inactive.") from None

    def update(connection: Connection) -> Answer:
        key = key_named(connection, cloud, call, parameters)
        users.change_key(connection, key.id, {"status": status})
        return None

    return await cloud.change(call, update)
