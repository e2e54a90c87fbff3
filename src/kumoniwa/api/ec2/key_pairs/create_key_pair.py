"""CreateKeyPair."""

import asyncio

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.key_pairs import key_material
from kumoniwa.api.ec2.key_pairs.new_key_pair import check_free, checked_name, keep
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.not_built import NotBuiltParameter
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import NotBuilt


@action(
    "CreateKeyPair",
    depth=Depth.PARTLY,
    not_built=(
        NotBuiltParameter(
            "KeyFormat", "KeyFormat=ppk of CreateKeyPair (make one from the PEM file with puttygen)", ("pem",)
        ),
    ),
)
async def create_key_pair(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a key pair, keep its public half, and answer with its private half, which is not kept."""
    if parameters.get("KeyFormat", "pem") != "pem":
        raise NotBuilt("KeyFormat=ppk of CreateKeyPair (make one from the PEM file with puttygen)")
    name = checked_name(parameters)
    check_region(call.region)
    await cloud.read(lambda connection: check_free(connection, call, name))  # before the work of making an RSA key
    pair = await asyncio.to_thread(key_material.generate, parameters.get("KeyType", key_material.RSA))
    answer = await keep(cloud, call, parameters, pair.public)
    return {**answer, "KeyMaterial": pair.private}
