"""The metadata service of an instance: MetadataOptions of a launch, and ModifyInstanceMetadataOptions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.instance_output import metadata_options
from kumoniwa.api.ec2.named.instance_lookup import check_modifiable, instance_named
from kumoniwa.api.not_built import Unbuilt, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue
from kumoniwa.store import instances

_UNBUILT = (Unbuilt("HttpProtocolIpv6", "the metadata service over IPv6", harmless=("disabled",)),)
_MOST_HOPS = 64


@action(
    "ModifyInstanceMetadataOptions",
    depth=Depth.PARTLY,
    missing="HttpPutResponseHopLimit is stored and shown, and limits nothing.",
    unbuilt=_UNBUILT,
)
async def modify_instance_metadata_options(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change what the guest is told of itself and how it must ask; at once, running or stopped."""
    refuse(parameters, _UNBUILT)
    changes = checked_metadata_options(parameters)
    if not changes:
        raise InvalidParameterCombination("No metadata options specified.")

    def modify(connection: Connection) -> Answer:
        instance = instance_named(connection, call, parameters["InstanceId"])
        check_modifiable(instance)
        instances.change(connection, instance.id, **changes)
        changed = instances.get(connection, instance.id)
        assert changed is not None, "it was there in this transaction"
        # EC2 answers `pending` and then tells `applied`; here it is so before the answer.
        return {"InstanceId": instance.id, "InstanceMetadataOptions": metadata_options(changed)}

    return await cloud.change(call, modify)


def checked_metadata_options(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the options that were asked for, as columns of an instance. Raises EC2's refusals."""
    changes: dict[str, Any] = {}
    if (hops := asked.get("HttpPutResponseHopLimit")) is not None:
        if not 1 <= hops <= _MOST_HOPS:
            raise InvalidParameterValue(
                f"Value ({hops}) for parameter HttpPutResponseHopLimit is invalid. "
                f"Expecting a value between 1 and {_MOST_HOPS}."
            )
        changes["metadata_hop_limit"] = hops
    if (tokens := asked.get("HttpTokens")) is not None:
        changes["metadata_tokens_required"] = tokens == "required"
    if (endpoint := asked.get("HttpEndpoint")) is not None:
        changes["metadata_endpoint"] = endpoint == "enabled"
    if (tags := asked.get("InstanceMetadataTags")) is not None:
        changes["metadata_tags"] = tags == "enabled"
    return changes
