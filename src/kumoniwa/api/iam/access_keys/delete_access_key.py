"""DeleteAccessKey."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.access_keys.named_key import key_named
from kumoniwa.api.registry import action
from kumoniwa.store import users


@action("DeleteAccessKey", service="iam")
async def delete_access_key(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete an access key. Once this is answered it signs nothing, and sessions of the console that it began end."""

    def delete(connection: Connection) -> Answer:
        users.delete_key(connection, key_named(connection, cloud, call, parameters).id)
        return None

    return await cloud.change(call, delete)
