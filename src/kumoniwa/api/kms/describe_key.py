"""DescribeKey."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.key_output import key_output
from kumoniwa.api.kms.named_keys import key_or_alias
from kumoniwa.api.registry import action
from kumoniwa.model.kms_keys import AWS_MANAGED
from kumoniwa.store import kms_keys


@action("DescribeKey", service="kms")
async def describe_key(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A key, by id, alias, or the ARN of either. An alias of AWS's own gets its key, where it has none yet."""
    asked: str = parameters["KeyId"]

    def lacks_its_key(connection: Connection) -> bool:
        name = asked.rpartition(":")[2]
        return name in AWS_MANAGED and kms_keys.alias_named(connection, call.account, call.region, name) is None

    def describe(connection: Connection, *, make: bool = False) -> Answer:
        return {"KeyMetadata": key_output(key_or_alias(connection, call, asked, make=make))}

    if await cloud.read(lacks_its_key):
        return await cloud.change(call, lambda connection: describe(connection, make=True))
    return await cloud.read(describe)
