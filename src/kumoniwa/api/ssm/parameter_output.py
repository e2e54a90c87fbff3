"""Parameters as Systems Manager's answers have them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ssm.parameter_names import arn_of
from kumoniwa.api.ssm.secure_strings import opened, sealing_key
from kumoniwa.model.parameters import Parameter, ParameterType


def parameter_output(parameter: Parameter, selector: str = "") -> Mapping[str, Any]:
    """A version as GetParameter shows it; `selector` is how it was asked for."""
    return {
        "Name": parameter.name,
        "Type": parameter.type,
        "Value": parameter.value,
        "Version": parameter.version,
        "Selector": f":{selector}" if selector else None,
        "LastModifiedDate": parameter.modified_at,
        "ARN": arn_of(parameter),
        "DataType": parameter.data_type,
    }


def described(parameter: Parameter) -> dict[str, Any]:
    """What is told of a version besides its value."""
    return {
        "Name": parameter.name,
        "Type": parameter.type,
        "KeyId": parameter.key_id,
        "LastModifiedDate": parameter.modified_at,
        "LastModifiedUser": parameter.modified_by,
        "Description": parameter.description,
        "Version": parameter.version,
        "Tier": parameter.tier,
        "Policies": [],
        "DataType": parameter.data_type,
    }


async def decrypted(cloud: Cloud, found: list[Parameter], *, asked: bool) -> list[Parameter]:
    """The same versions; where that is asked for, the SecureStrings among them with their values in the clear."""
    if not asked or all(one.type is not ParameterType.SECURE_STRING for one in found):
        return found
    key = await sealing_key(cloud)
    return [replace(one, value=opened(key, one)) if one.type is ParameterType.SECURE_STRING else one for one in found]
