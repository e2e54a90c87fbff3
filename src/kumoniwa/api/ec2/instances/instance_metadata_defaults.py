"""ModifyInstanceMetadataDefaults and GetInstanceMetadataDefaults: the metadata options of an account's launches."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.metadata_options import checked_metadata_options
from kumoniwa.api.registry import action
from kumoniwa.errors import InvalidParameterCombination
from kumoniwa.model.account_settings import Setting
from kumoniwa.store import account_settings

_NO_PREFERENCE: tuple[object, ...] = ("no-preference", -1)
_OPTIONS = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags", "HttpTokensEnforced")


@action("ModifyInstanceMetadataDefaults")
async def modify_instance_metadata_defaults(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Decide what launches get that say nothing else. What there is no preference of, the AMI decides, or EC2."""
    asked = {name: parameters[name] for name in _OPTIONS if parameters.get(name) is not None}
    if not asked:
        raise InvalidParameterCombination("No metadata options specified.")
    checked_metadata_options({name: value for name, value in asked.items() if value not in _NO_PREFERENCE})

    def modify(connection: Connection) -> Answer:
        known = account_settings.get(connection, call.scope, Setting.METADATA_DEFAULTS) or {}
        decided = {name: value for name, value in {**known, **asked}.items() if value not in _NO_PREFERENCE}
        account_settings.put(connection, call.scope, Setting.METADATA_DEFAULTS, decided)
        return {"Return": True}

    return await cloud.change(call, modify)


@action("GetInstanceMetadataDefaults")
async def get_instance_metadata_defaults(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """What was decided: an option that there is no preference of is absent."""

    def read(connection: Connection) -> Mapping[str, Any]:
        return account_settings.get(connection, call.scope, Setting.METADATA_DEFAULTS) or {}

    return {"AccountLevel": {**await cloud.read(read), "ManagedBy": "account"}}
