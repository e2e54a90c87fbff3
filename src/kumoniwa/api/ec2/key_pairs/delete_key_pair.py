"""DeleteKeyPair."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import action
from kumoniwa.errors import MissingParameter
from kumoniwa.store import key_pairs
from kumoniwa.store import tags as tag_rows


@action("DeleteKeyPair")
async def delete_key_pair(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a key pair, by name or id. Instances keep the key of their launch. A missing key pair is no error."""
    name, key_pair_id = parameters.get("KeyName"), parameters.get("KeyPairId")
    if name is None and key_pair_id is None:
        raise MissingParameter("KeyName")

    def delete(connection: Connection) -> Answer:
        if key_pair_id is not None:
            pair = key_pairs.with_id(connection, call.scope, key_pair_id)
        else:
            pair = key_pairs.named(connection, call.scope, str(name))
        if pair is None:
            return {"Return": True}
        key_pairs.delete(connection, pair.id)
        tag_rows.remove_all(connection, pair.id)
        return {"Return": True, "KeyPairId": pair.id}

    return await cloud.change(call, delete)
