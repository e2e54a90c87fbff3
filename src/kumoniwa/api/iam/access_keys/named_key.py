"""The access key that a request names."""

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.refusals import NoSuchEntity, NotOurs
from kumoniwa.api.iam.users.named_user import user_meant
from kumoniwa.model.principals import PrincipalKind
from kumoniwa.model.users import AccessKey
from kumoniwa.store import users


def key_named(connection: Connection, cloud: Cloud, call: Call, parameters: Parameters) -> AccessKey:
    """The key of the user that a request names, or of the caller.

    Raises `NoSuchEntity`, `ValidationError`, and `NotOurs` for the cloud's own.
    """
    key_id = parameters["AccessKeyId"]
    if "UserName" not in parameters and call.caller.kind is PrincipalKind.ROOT:
        if cloud.credentials is not None and key_id == cloud.credentials.own_key_id:
            raise NotOurs(
                "The cloud's own access key is in its data folder, and signs what its commands ask.",
                way_out="Stop the server and move credentials.json away: the next start makes a new key.",
            )
        if (found := users.key(connection, call.account, key_id)) is not None:
            return found  # whoever has the account's own key need not know whose it is
    else:
        user = user_meant(connection, call, parameters)
        for one in users.keys_of(connection, user.id):
            if one.id == key_id:
                return one
    raise NoSuchEntity(f"The Access Key with id {key_id[:128]} cannot be found.")
