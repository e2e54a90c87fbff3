"""The metadata service of an instance: MetadataOptions of a launch, and ModifyInstanceMetadataOptions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.instance_output import metadata_options
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.instance_lookup import check_modifiable
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.tags import check_keys_for_metadata, tags_of
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue, UnsupportedOperation
from kumoniwa.model.account_settings import Setting
from kumoniwa.store import account_settings, instances

_NOT_BUILT = (NotBuiltParameter("HttpProtocolIpv6", "the metadata service over IPv6", harmless=("disabled",)),)
_MOST_HOPS = 64


@action(
    "ModifyInstanceMetadataOptions",
    depth=Depth.PARTLY,
    missing="In the network mode `user` HttpPutResponseHopLimit is stored and shown, and limits nothing.",
    not_built=_NOT_BUILT,
)
async def modify_instance_metadata_options(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change what the metadata service gives the guest, and how the guest must ask; at once, running or stopped."""
    refuse(parameters, _NOT_BUILT)
    changes = checked_metadata_options(parameters)
    if not changes:
        raise InvalidParameterCombination("No metadata options specified.")

    def modify(connection: Connection) -> Answer:
        instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
        check_modifiable(instance)
        defaults = account_settings.get(connection, call.scope, Setting.METADATA_DEFAULTS) or {}
        check_tokens_enforced(defaults, changes, "enable IMDSv1 on this instance")
        if changes.get("metadata_tags"):
            check_keys_for_metadata(tags_of(connection, call.scope, ids=[instance.id]).get(instance.id, {}))
        instances.change(connection, instance.id, **changes)
        changed = instances.get(connection, instance.id)
        assert changed is not None, "it was there in this transaction"
        # EC2 answers `pending` and shows `applied` later; here the options are applied before the answer.
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


def check_tokens_enforced(defaults: Mapping[str, Any], columns: Mapping[str, Any], what: str) -> None:
    """Raises EC2's refusal of an instance that is to answer without tokens, where its account enforces them."""
    if defaults.get("HttpTokensEnforced") == "enabled" and columns.get("metadata_tokens_required") is False:
        raise UnsupportedOperation(
            f"You can't {what} because httpTokensEnforced is set to enabled for this account. Either launch the "
            "instance with httpTokens=required or contact your account owner to disable httpTokensEnforced using the "
            "ModifyInstanceMetadataDefaults API or the account settings in the EC2 console."
        )
