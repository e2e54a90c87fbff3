"""PutParameter."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import Depth, action
from kumoniwa.api.ssm.parameter_names import check_new_name, selected
from kumoniwa.api.ssm.parameter_refusals import InvalidKeyId, InvalidParameters, NotTaken
from kumoniwa.api.ssm.parameter_tags import checked_tags
from kumoniwa.api.ssm.secure_strings import DEFAULT_KEY, sealed, sealing_key
from kumoniwa.errors import Ec2Error
from kumoniwa.ids import is_well_formed
from kumoniwa.model.images import ImageState
from kumoniwa.model.parameters import AMI, Parameter, ParameterType
from kumoniwa.store import images
from kumoniwa.store import parameters as store

_STANDARD, _ADVANCED, _INTELLIGENT = "Standard", "Advanced", "Intelligent-Tiering"
_MOST_BYTES: Mapping[str, int] = {_STANDARD: 4096, _ADVANCED: 8192}
MOST_PARAMETERS = 10_000  # of an account in a region: Systems Manager's limit of standard ones
_DATA_TYPES = ("text", AMI)
_LISTED = re.compile(r"[^,]+(,[^,]+)*")


@action(
    "PutParameter",
    service="ssm",
    depth=Depth.PARTLY,
    missing="A SecureString is encrypted with a key of this cloud, as alias/aws/ssm; other keys are refused. Refused: "
    "AllowedPattern, Policies, and the data type aws:ssm:integration. An AMI of the type aws:ec2:image is looked for "
    "before the answer, and not after it.",
)
async def put_parameter(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Write a new parameter, or a new version of one."""
    name, _ = selected(call, parameters["Name"])
    check_new_name(name)
    tags = checked_tags(parameters.get("Tags") or [])
    _check(parameters)
    # The key is made before the transaction, and is there for the next one where this is refused.
    is_secure = parameters.get("Type") in (None, ParameterType.SECURE_STRING)
    key = await sealing_key(cloud, make=not await cloud.read(store.any_is_sealed)) if is_secure else b""

    def put(connection: Connection) -> Answer:
        kept = store.versions(connection, call.scope, name)
        before = kept[-1] if kept else None
        new = _new(call, name, parameters, before)
        if before is None and store.count(connection, call.scope) >= MOST_PARAMETERS:
            raise Ec2Error(
                "ParameterLimitExceeded",
                "Number of parameters has exceeded the limit. Delete parameters that are no longer needed.",
            )
        if new.data_type == AMI:
            _check_image(connection, call, new.value)
        _make_room(connection, kept)
        store.add(connection, replace(new, value=sealed(key, new)) if new.key_id is not None else new)
        store.tag(connection, call.scope, name, tags)
        return {"Version": new.version, "Tier": new.tier}

    return await cloud.change(call, put)


def _check(parameters: Parameters) -> None:
    """Raises the refusals of what can be told without looking at what is there."""
    if parameters.get("Overwrite") and parameters.get("Tags"):
        raise InvalidParameters(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please "
            "remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
            "RemoveTagsFromResource."
        )
    if parameters.get("AllowedPattern"):
        raise NotTaken("AllowedPattern", way_out="Leave it out, and check the value before it is put.")
    if parameters.get("Policies") not in (None, "", "[]", "{}"):
        raise NotTaken("policies of parameters", way_out="Leave Policies out: no parameter expires by itself here.")
    if (data_type := parameters.get("DataType") or "text") not in _DATA_TYPES:
        raise NotTaken(f"the data type {data_type}", way_out=f"There are {' and '.join(_DATA_TYPES)}.")
    if not parameters["Value"]:
        raise InvalidParameters(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length "
            "greater than or equal to 1."
        )
    if (key := parameters.get("KeyId")) not in (None, DEFAULT_KEY):
        raise InvalidKeyId(
            f"Invalid keyId {key}: Kumoniwa has one key for parameters.",
            way_out=f"Leave KeyId out, or say {DEFAULT_KEY}.",
        )


def _new(call: Call, name: str, parameters: Parameters, before: Parameter | None) -> Parameter:
    """The version that is written. Raises the refusals of a parameter that is there, or of another type."""
    type = ParameterType(parameters["Type"]) if parameters.get("Type") else None
    if before is not None and not parameters.get("Overwrite"):
        raise Ec2Error(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
        )
    if before is not None and type not in (None, before.type):
        raise Ec2Error(
            "HierarchyTypeMismatchException",
            f"Can't change the type of a parameter: {name} is of the type {before.type}, and {type} was asked for.",
        )
    if (type := type or (None if before is None else before.type)) is None:
        raise InvalidParameters("A parameter type is required when you create a parameter.")
    if type is not ParameterType.SECURE_STRING and parameters.get("KeyId"):
        raise InvalidParameters("KeyId is required for SecureString type parameter only.")
    value: str = parameters["Value"]
    if type is ParameterType.STRING_LIST and _LISTED.fullmatch(value) is None:
        raise InvalidParameters("The value of a StringList must be texts with commas between them.")
    described = parameters.get("Description")
    return Parameter(
        account=call.account,
        region=call.region,
        name=name,
        version=1 if before is None else before.version + 1,
        is_latest=True,
        type=type,
        value=value,
        data_type=parameters.get("DataType") or ("text" if before is None else before.data_type),
        tier=_tier(parameters.get("Tier"), value, before),
        modified_at=call.at,
        modified_by=call.caller.arn,
        description=described if described is not None or before is None else before.description,
        key_id=DEFAULT_KEY if type is ParameterType.SECURE_STRING else None,
    )


def _tier(asked: str | None, value: str, before: Parameter | None) -> str:
    """The tier of a version: an advanced parameter stays one. Raises the refusal of a value that is too long for it."""
    size = len(value.encode())
    if asked == _INTELLIGENT:
        asked = _STANDARD if size <= _MOST_BYTES[_STANDARD] else _ADVANCED
    was_advanced = before is not None and before.tier == _ADVANCED
    if was_advanced and asked == _STANDARD:
        raise InvalidParameters(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter."
        )
    tier = _ADVANCED if was_advanced else asked or _STANDARD
    if size > _MOST_BYTES[tier]:
        if tier == _STANDARD:
            raise InvalidParameters(
                "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger "
                "parameter value, upgrade the parameter to use the advanced-parameter tier."
            )
        raise InvalidParameters("Advanced tier parameters support a maximum parameter value of 8192 characters.")
    return tier


def _check_image(connection: Connection, call: Call, value: str) -> None:
    found = images.in_scope(connection, call.scope, [value]) if is_well_formed(value, "ami") else []
    if not any(image.state is ImageState.AVAILABLE for image in found):
        raise InvalidParameters(f"The parameter value {value[:200]} is not the id of an AMI that is available here.")


def _make_room(connection: Connection, kept: Sequence[Parameter]) -> None:
    """Forget the oldest version where there are as many as are kept. Raises the refusal where it has a label."""
    if len(kept) < store.MOST_VERSIONS:
        return
    if kept[0].labels:
        raise Ec2Error(
            "ParameterMaxVersionLimitExceeded",
            f"You attempted to create a new version of {kept[0].name} by calling the PutParameter API with the "
            f"overwrite flag. Version {kept[0].version}, the oldest version, can't be deleted because it has a label "
            "associated with it. Move the label to another version of the parameter, and try again.",
        )
    store.forget_version(connection, kept[0])
