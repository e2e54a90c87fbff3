"""The instance profile that a request names for an instance, and profiles of instances as EC2 shows them."""

import re
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue
from kumoniwa.ids import new_id
from kumoniwa.model.roles import InstanceProfile, ProfileAssociation
from kumoniwa.store import instance_profiles

PREFIX = "iip-assoc"
_ARN = re.compile(r"arn:aws:iam::(?P<account>[0-9]{12}):instance-profile/([\x21-\x7e]+/)?(?P<name>[^/]+)")


def profile_asked(connection: Connection, call: Call, parameters: Parameters) -> InstanceProfile | None:
    """The profile that `IamInstanceProfile` names, by its name or ARN; None where it is not given.

    Raises EC2's refusals, also of a profile without a role.
    """
    specification = parameters.get("IamInstanceProfile")
    if not specification:
        return None
    name, arn = specification.get("Name"), specification.get("Arn")
    if name is not None and arn is not None:
        raise InvalidParameterCombination(
            "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'"
        )
    profile = _by_arn(connection, call, arn) if name is None else _by_name(connection, call, name)
    if profile.role_id is None:
        raise InvalidParameterValue(f'IAM Instance Profile "{profile.arn}" has no associated IAM Roles')
    return profile


def new_association(call: Call, profile: InstanceProfile, instance_id: str) -> ProfileAssociation:
    """The association of a profile with an instance of the caller's."""
    return ProfileAssociation(
        id=new_id(PREFIX),
        account=call.account,
        region=call.region,
        instance_id=instance_id,
        profile_id=profile.id,
        profile_arn=profile.arn,
        associated_at=call.at,
    )


def profile_output(association: ProfileAssociation) -> dict[str, Any]:
    """The profile that an instance has."""
    return {"Arn": association.profile_arn, "Id": association.profile_id}


def _by_name(connection: Connection, call: Call, name: str) -> InstanceProfile:
    if (profile := instance_profiles.named(connection, call.account, name)) is None:
        raise _invalid("name", name)
    return profile


def _by_arn(connection: Connection, call: Call, arn: str) -> InstanceProfile:
    parted = _ARN.fullmatch(arn)
    if parted is None or parted["account"] != call.account:
        raise _invalid("arn", arn)
    profile = instance_profiles.named(connection, call.account, parted["name"])
    if profile is None or profile.arn.lower() != arn.lower():
        raise _invalid("arn", arn)
    return profile


def _invalid(which: str, value: str) -> InvalidParameterValue:
    noun = {"arn": "ARN"}.get(which, which)
    return InvalidParameterValue(
        f"Value ({value[:200]}) for parameter iamInstanceProfile.{which} is invalid. "
        f"Invalid IAM Instance Profile {noun}"
    )
