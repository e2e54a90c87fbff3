"""CreateKeyPair."""

import asyncio

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.key_pairs.new_key_pair import check_free, checked_name, keep
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.registry import action


@action("CreateKeyPair")
async def create_key_pair(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a key pair, keep its public half, and answer with its private half, which is not kept."""
    name = checked_name(parameters)
    check_region(call.region)
    await cloud.read(lambda connection: check_free(connection, call, name))  # before the work of making an RSA key
    # With it come 8 MB of cryptography, and few servers make keys.
    from kumoniwa.key_pairs import key_material

    key_type, key_format = parameters.get("KeyType", key_material.RSA), parameters.get("KeyFormat", key_material.PEM)
    pair = await asyncio.to_thread(key_material.generate, key_type, key_format, name)
    answer = await keep(cloud, call, parameters, pair.public)
    return {**answer, "KeyMaterial": pair.private}
