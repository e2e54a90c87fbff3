"""The name and the row of a new key pair, as both CreateKeyPair and ImportKeyPair make them."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import KEY_PAIR
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.ids import new_id
from kumoniwa.model.key_pairs import KeyPair
from kumoniwa.store import key_pairs

if TYPE_CHECKING:
    from kumoniwa.key_pairs.key_material import PublicKey

MAX_NAME = 255


async def keep(cloud: Cloud, call: Call, parameters: Parameters, public: "PublicKey") -> dict[str, Any]:
    """Write the row of a new key pair; gives the answer that both actions have."""
    name: str = parameters["KeyName"]
    tags = from_specifications(parameters, [KEY_PAIR.resource_type]).get(KEY_PAIR.resource_type)
    pair = KeyPair(
        id=new_id(KEY_PAIR.prefix),
        account=call.account,
        region=call.region,
        name=name,
        key_type=public.key_type,
        fingerprint=public.fingerprint,
        public_key=f"{public.openssh} {name}",  # as EC2 shows it, and puts it into authorized_keys
        created_at=call.at,
    )

    def add(connection: Connection) -> Answer:
        check_free(connection, call, name)
        key_pairs.add(connection, pair)
        write(connection, call, pair.id, KEY_PAIR.resource_type, tags)
        return None

    await cloud.change(call, add)
    return {
        "KeyName": pair.name,
        "KeyPairId": pair.id,
        "KeyFingerprint": pair.fingerprint,
        "Tags": tag_set(tags),
    }


def checked_name(parameters: Parameters) -> str:
    """The name that a request gives its key pair. Raises EC2's refusals."""
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


def check_free(connection: Connection, call: Call, name: str) -> None:
    """Raises EC2's refusal of a name that another key pair has."""
    if key_pairs.named(connection, call.scope, name) is not None:
        raise Ec2Error("InvalidKeyPair.Duplicate", f"The keypair '{name}' already exists.")
