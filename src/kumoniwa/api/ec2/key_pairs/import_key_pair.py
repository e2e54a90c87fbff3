"""ImportKeyPair."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.key_pairs.new_key_pair import checked_name, keep
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.registry import action
from kumoniwa.errors import Ec2Error


@action("ImportKeyPair")
async def import_key_pair(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Keep the public half of a key pair that the caller made."""
    from kumoniwa.key_pairs import key_material  # see `create_key_pair`

    checked_name(parameters)
    check_region(call.region)
    try:
        public = key_material.read(parameters["PublicKeyMaterial"])
    except key_material.NotAKey:
        raise Ec2Error("InvalidKey.Format", "Key is not in valid OpenSSH public key format") from None
    return await keep(cloud, call, parameters, public)
