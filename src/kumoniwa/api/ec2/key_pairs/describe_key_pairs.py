"""DescribeKeyPairs."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import KEY_PAIR
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.key_pairs import KeyPair
from kumoniwa.store import key_pairs
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class _Described:
    """A key pair, and whether its public half is asked for."""

    pair: KeyPair
    public_key: bool


def _read(connection: Connection, asked: Asked) -> list[_Described]:
    every = key_pairs.in_scope(connection, asked.call.scope)
    names, ids = asked.parameters.get("KeyNames"), asked.parameters.get("KeyPairIds")
    KEY_PAIR.check_all_found(names, {pair.name for pair in every})
    KEY_PAIR.check_all_found(ids, {pair.id for pair in every})
    wanted = {*(names or ()), *(ids or ())}
    public_key = bool(asked.parameters.get("IncludePublicKey", False))
    return [_Described(pair, public_key) for pair in every if not wanted or not wanted.isdisjoint({pair.name, pair.id})]


def _output(one: _Described, tags: Mapping[str, str]) -> dict[str, Any]:
    pair = one.pair
    return {
        "KeyPairId": pair.id,
        "KeyType": pair.key_type,
        "Tags": tag_set(tags) or [],  # EC2 writes an empty tagSet here
        "PublicKey": pair.public_key if one.public_key else None,
        "CreateTime": pair.created_at,
        "KeyName": pair.name,
        "KeyFingerprint": pair.fingerprint,
    }


_KEY_PAIRS = Listing(
    member="KeyPairs",
    kind=KEY_PAIR,
    read=_read,
    row=_output,
    id_of=lambda one: one.pair.id,
    key=lambda one: one.pair.name,
    filters={
        "key-pair-id": lambda one: (one.pair.id,),
        "fingerprint": lambda one: (one.pair.fingerprint,),
        "key-name": lambda one: (one.pair.name,),
    },
    tagged=True,
)


@action("DescribeKeyPairs")
async def describe_key_pairs(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Key pairs by name; with `IncludePublicKey` their public halves too. EC2 has no pages here."""
    return await _KEY_PAIRS.answer(cloud, call, parameters)
