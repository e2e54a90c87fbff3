"""Key pairs: CreateKeyPair, ImportKeyPair, DescribeKeyPairs, DeleteKeyPair."""

import asyncio
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2 import kinds
from kumoniwa.api.ec2.key_pairs import key_material
from kumoniwa.api.ec2.key_pairs.key_material import PublicKey
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.ec2.tags import from_specifications, tag_set, tags_of, write
from kumoniwa.api.listing import page
from kumoniwa.api.not_built import Unbuilt
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue, MissingParameter, NotBuilt
from kumoniwa.ids import new_id
from kumoniwa.model.key_pairs import KeyPair
from kumoniwa.store import key_pairs
from kumoniwa.store import tags as tag_rows

MAX_NAME = 255

_KIND = kinds.KEY_PAIR
_FILTERS = {
    "key-pair-id": lambda pair: (pair.id,),
    "fingerprint": lambda pair: (pair.fingerprint,),
    "key-name": lambda pair: (pair.name,),
}


def key_pair_named(connection: Connection, call: Call, name: str) -> KeyPair:
    """The caller's key pair of that name. Raises EC2's refusal where there is none."""
    pair = key_pairs.named(connection, call.account, call.region, name)
    if pair is None:
        raise _KIND.not_found([name])
    return pair


@action(
    "CreateKeyPair",
    depth=Depth.PARTLY,
    unbuilt=(
        Unbuilt("KeyFormat", "KeyFormat=ppk of CreateKeyPair (make one from the PEM file with puttygen)", ("pem",)),
    ),
)
async def create_key_pair(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a key pair, keep its public half, tell the private one this once."""
    if parameters.get("KeyFormat", "pem") != "pem":
        raise NotBuilt("KeyFormat=ppk of CreateKeyPair (make one from the PEM file with puttygen)")
    name = _checked_name(parameters)
    check_region(call.region)
    await cloud.read(lambda connection: _check_free(connection, call, name))  # before the work of making an RSA key
    pair = await asyncio.to_thread(key_material.generate, parameters.get("KeyType", key_material.RSA))
    answer = await _keep(cloud, call, parameters, pair.public)
    return {**answer, "KeyMaterial": pair.private}


@action("ImportKeyPair")
async def import_key_pair(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Keep the public half of a key pair that the caller made."""
    _checked_name(parameters)
    check_region(call.region)
    try:
        public = key_material.read(parameters["PublicKeyMaterial"])
    except key_material.NotAKey:
        raise Ec2Error("InvalidKey.Format", "Key is not in valid OpenSSH public key format") from None
    return await _keep(cloud, call, parameters, public)


@action("DescribeKeyPairs")
async def describe_key_pairs(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Key pairs by name; with `IncludePublicKey` their public halves too. EC2 has no pages here."""

    def read(connection: Connection) -> tuple[list[KeyPair], dict[str, dict[str, str]]]:
        every = key_pairs.in_scope(connection, call.account, call.region)
        return every, tags_of(connection, call.account, call.region, _KIND.resource_type)

    every, tags = await cloud.read(read)
    names, ids = parameters.get("KeyNames"), parameters.get("KeyPairIds")
    _KIND.check_all_found(names, {pair.name for pair in every})
    _KIND.check_all_found(ids, {pair.id for pair in every})
    if names or ids:
        asked = {*(names or ()), *(ids or ())}
        every = [pair for pair in every if pair.name in asked or pair.id in asked]
    found, _ = page(
        call, parameters, every, filters=_FILTERS, key=lambda pair: pair.name, tags=lambda pair: tags.get(pair.id, {})
    )
    told = bool(parameters.get("IncludePublicKey", False))
    return {"KeyPairs": [_output(pair, tags.get(pair.id), public_key=told) for pair in found]}


@action("DeleteKeyPair")
async def delete_key_pair(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Forget a key pair, by name or id. Instances keep the key they were started with. A missing one is no error."""
    name, key_pair_id = parameters.get("KeyName"), parameters.get("KeyPairId")
    if name is None and key_pair_id is None:
        raise MissingParameter("KeyName")

    def delete(connection: Connection) -> Answer:
        if key_pair_id is not None:
            pair = key_pairs.with_id(connection, call.account, call.region, key_pair_id)
        else:
            pair = key_pairs.named(connection, call.account, call.region, str(name))
        if pair is None:
            return {"Return": True}
        key_pairs.delete(connection, pair.id)
        tag_rows.remove_all(connection, pair.id)
        return {"Return": True, "KeyPairId": pair.id}

    return await cloud.change(call, delete)


async def _keep(cloud: Cloud, call: Call, parameters: Parameters, public: PublicKey) -> dict[str, Any]:
    """Write the row of a new key pair and tell what both actions tell of it."""
    name: str = parameters["KeyName"]
    tags = from_specifications(parameters, [_KIND.resource_type]).get(_KIND.resource_type)
    pair = KeyPair(
        id=new_id(_KIND.prefix),
        account=call.account,
        region=call.region,
        name=name,
        key_type=public.key_type,
        fingerprint=public.fingerprint,
        public_key=f"{public.openssh} {name}",  # as EC2 tells it, and puts it into authorized_keys
        created_at=call.at,
    )

    def add(connection: Connection) -> Answer:
        _check_free(connection, call, name)
        key_pairs.add(connection, pair)
        write(connection, call, pair.id, _KIND.resource_type, tags)
        return None

    await cloud.change(call, add)
    return {
        "KeyName": pair.name,
        "KeyPairId": pair.id,
        "KeyFingerprint": pair.fingerprint,
        "Tags": tag_set(tags),
    }


def _checked_name(parameters: Parameters) -> str:
    name: str = parameters["KeyName"]
    if not name.isascii() or not name.isprintable():
        raise _invalid_name(name, "Character sets beyond ASCII are not supported.")
    if len(name) > MAX_NAME:
        raise _invalid_name(name[:MAX_NAME], f"It must not be longer than {MAX_NAME} characters.")
    if name != name.strip():
        raise _invalid_name(name, "It must not begin or end with a space.")
    return name


def _invalid_name(name: str, reason: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Value ({name}) for parameter KeyName is invalid. {reason}")


def _check_free(connection: Connection, call: Call, name: str) -> None:
    if key_pairs.named(connection, call.account, call.region, name) is not None:
        raise Ec2Error("InvalidKeyPair.Duplicate", f"The keypair '{name}' already exists.")


def _output(pair: KeyPair, tags: dict[str, str] | None, *, public_key: bool) -> dict[str, Any]:
    return {
        "KeyPairId": pair.id,
        "KeyType": pair.key_type,
        "Tags": tag_set(tags) or [],  # EC2 writes an empty tagSet here
        "PublicKey": pair.public_key if public_key else None,
        "CreateTime": pair.created_at,
        "KeyName": pair.name,
        "KeyFingerprint": pair.fingerprint,
    }
