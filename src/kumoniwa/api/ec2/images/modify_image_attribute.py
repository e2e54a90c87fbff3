"""ModifyImageAttribute and ResetImageAttribute: an image's description, who else may launch it, IMDSv2."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.create_image import MOST_DESCRIPTION
from kumoniwa.api.ec2.images.image_block_public_access import check_sharing
from kumoniwa.api.ec2.images.image_output import PUBLIC
from kumoniwa.api.ec2.named.image_lookup import check_made, image_named
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import (
    Ec2Error,
    IncorrectState,
    InvalidParameterCombination,
    InvalidParameterValue,
    MissingParameter,
)
from kumoniwa.model.images import Image, ImageState
from kumoniwa.store import images, sharing

_ACCOUNT = re.compile(r"[0-9]{12}\Z")
_IMDS_V2 = "v2.0"
_MEMBERS = {"Description": "description", "ImdsSupport": "imdsSupport", "LaunchPermission": "launchPermission"}
_FLAT_PERMISSION = ("OperationType", "UserIds", "UserGroups")
_ORGANIZATIONS = "sharing images with organizations"

NOT_BUILT = (
    NotBuiltParameter("OrganizationArns", _ORGANIZATIONS),
    NotBuiltParameter("OrganizationalUnitArns", _ORGANIZATIONS),
    *(
        NotBuiltParameter(f"LaunchPermission.{change}.{member}", _ORGANIZATIONS)
        for change in ("Add", "Remove")
        for member in ("OrganizationArn", "OrganizationalUnitArn")
    ),
    NotBuiltParameter("ProductCodes", "product codes"),
)


@action(
    "ModifyImageAttribute",
    depth=Depth.PARTLY,
    missing="Launch permissions are stored and shown. There is one account, so they have no effect.",
    not_built=NOT_BUILT,
)
async def modify_image_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change one attribute, asked for in the structured form or the older form with `Attribute`."""
    refuse(parameters, NOT_BUILT)
    name, value = _asked_for(parameters)

    def modify(connection: Connection) -> Answer:
        image = image_named(connection, call, parameters["ImageId"])
        match name:
            case "description":
                images.change(connection, image.id, description=value)
            case "imdsSupport":
                images.change(connection, image.id, imds_tokens_required=True)
            case _:
                check_sharing(connection, call.scope, value["Add"])
                _share(connection, image, value)
        return None

    return await cloud.change(call, modify)


@action(
    "ResetImageAttribute",
    depth=Depth.RECORDED,
    missing="Launch permissions are stored and shown. There is one account, so they have no effect.",
)
async def reset_image_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Afterwards no other account may launch the image. EC2 resets no other attribute."""
    if parameters["Attribute"] != "launchPermission":
        raise InvalidParameterValue(f"Value ( {parameters['Attribute']} ) for parameter attribute is invalid.")

    def reset(connection: Connection) -> Answer:
        sharing.revoke(connection, image_named(connection, call, parameters["ImageId"]).id)
        return None

    return await cloud.change(call, reset)


def _asked_for(parameters: Parameters) -> tuple[str, Any]:
    """The one attribute to change and its new value. Raises EC2's refusals of none, of several, and of bad values."""
    given = {name: parameters[member] for member, name in _MEMBERS.items() if parameters.get(member) is not None}
    attribute, text = parameters.get("Attribute"), parameters.get("Value")
    if attribute is not None and attribute[:1].isupper():  # Ansible writes `Description`, and EC2 takes it
        attribute = f"{attribute[0].lower()}{attribute[1:]}"
    flat = [member for member in _FLAT_PERMISSION if parameters.get(member)]
    if attribute is None and (text is not None or flat):
        raise InvalidParameterCombination(
            f"The parameter {flat[0] if flat else 'value'} cannot be used without the parameter attribute"
        )
    if attribute is not None and attribute not in _MEMBERS.values():
        raise InvalidParameterValue(f"Value ( {parameters['Attribute'][:200]} ) for parameter attribute is invalid.")
    if attribute == "launchPermission":
        if text is not None:
            raise InvalidParameterCombination("The parameter value cannot be used with the attribute launchPermission")
        given.setdefault(attribute, _flat_permission(parameters) if flat else None)
    elif attribute is not None:
        if flat:
            raise InvalidParameterCombination(f"The parameter {flat[0]} can only be used with launchPermission")
        given.setdefault(attribute, {"Value": text})
    if not given:
        raise InvalidParameterCombination("No attributes specified.")
    if len(given) > 1:
        raise InvalidParameterCombination(f"Fields for multiple attribute types specified: {', '.join(sorted(given))}")
    name, value = next(iter(given.items()))
    return name, _checked(name, value)


def _flat_permission(parameters: Parameters) -> dict[str, list[dict[str, str]]]:
    """The older form of a launch permission as the structured form has it."""
    change = {"add": "Add", "remove": "Remove"}.get(parameters.get("OperationType", ""))
    if change is None:
        raise MissingParameter("operationType")
    items = [{"UserId": one} for one in parameters.get("UserIds", ())]
    items += [{"Group": one} for one in parameters.get("UserGroups", ())]
    return {change: items}


def _checked(name: str, value: Any) -> Any:
    """The value as it is written."""
    if name == "launchPermission":
        changes = {change: _grantees((value or {}).get(change, ())) for change in ("Add", "Remove")}
        if not any(changes.values()):
            raise MissingParameter("launchPermission")
        return changes
    if (text := value.get("Value")) is None:
        raise MissingParameter(f"{name}.value")
    if name == "description" and len(text) > MOST_DESCRIPTION:
        raise InvalidParameterValue(f"Description must be at most {MOST_DESCRIPTION} characters long")
    if name == "imdsSupport" and text != _IMDS_V2:
        raise InvalidParameterValue(f"Value ( {text[:200]} ) for parameter imdsSupport is invalid.")
    return text


def _grantees(items: Sequence[Mapping[str, str]]) -> list[str]:
    """Accounts, or everyone. Raises EC2's refusal of what is neither."""
    found = []
    for item in items:
        if (user := item.get("UserId")) is not None:
            if _ACCOUNT.match(user) is None:
                raise _invalid_item(user, "userId")
            found.append(user)
        if (group := item.get("Group")) is not None:
            if group != PUBLIC:
                raise _invalid_item(group, "userGroup")
            found.append(group)
    return found


def _invalid_item(value: str, kind: str) -> Ec2Error:
    return Ec2Error(
        "InvalidAMIAttributeItemValue", f'Invalid attribute item value "{value[:200]}" for {kind} item type.'
    )


def _share(connection: Connection, image: Image, changes: Mapping[str, Sequence[str]]) -> None:
    check_made(image)
    if changes["Add"] and image.state in (ImageState.DISABLED, ImageState.FAILED):
        raise IncorrectState(f"The image '{image.id}' is {image.state}, and cannot be shared.")
    sharing.grant(connection, image.id, changes["Add"])
    sharing.revoke(connection, image.id, changes["Remove"])
