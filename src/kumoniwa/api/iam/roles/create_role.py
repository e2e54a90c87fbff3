"""CreateRole."""

import re

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.documents import checked_trust
from kumoniwa.api.iam.names import MOST_OF_A_ROLE, checked_name, checked_path
from kumoniwa.api.iam.refusals import EntityAlreadyExists, LimitExceeded, ValidationError, out_of_range, too_long
from kumoniwa.api.iam.roles.named_role import whole_role_output
from kumoniwa.api.iam.tags import given_tags, with_tags
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.credentials.new_key import new_unique_id
from kumoniwa.model.roles import Role
from kumoniwa.store import roles

MOST_ROLES = 1000
"""AWS's quota of an account."""
MOST_OF_A_TRUST_POLICY = 2048
_LEAST_SESSION, _MOST_SESSION = 3600, 43_200  # seconds
_MOST_OF_A_DESCRIPTION = 1000
_DESCRIPTION = re.compile("[\t\n\r\x20-\x7e\xa1-\xff]*")
_NOT_BUILT = (NotBuiltParameter("PermissionsBoundary", "permissions boundaries"),)
NOT_EVALUATED = "Its trust policy is stored, and every caller may assume it."


@action("CreateRole", service="iam", depth=Depth.PARTLY, missing=NOT_EVALUATED, not_built=_NOT_BUILT)
async def create_role(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a role, which can be assumed from now on."""
    refuse(parameters, _NOT_BUILT)
    name, path = checked_name(parameters, "RoleName", MOST_OF_A_ROLE), checked_path(parameters)
    trust = checked_trust(parameters["AssumeRolePolicyDocument"], "assumeRolePolicyDocument", MOST_OF_A_TRUST_POLICY)
    tags = with_tags({}, given_tags(parameters), "TagsPerRole")
    role = Role(
        id=new_unique_id("AROA"),
        account=call.account,
        name=name,
        path=path,
        trust_policy=trust,
        description=checked_description(parameters),
        max_session=checked_session(parameters),
        created_at=call.at,
        tags=tags,
    )

    def add(connection: Connection) -> Answer:
        if roles.named(connection, call.account, name) is not None:
            raise EntityAlreadyExists(f"Role with name {name} already exists.")
        if len(roles.of_account(connection, call.account)) >= MOST_ROLES:
            raise LimitExceeded("RolesPerAccount", MOST_ROLES)
        roles.add(connection, role)
        return {"Role": whole_role_output(role)}

    return await cloud.change(call, add)


def checked_description(parameters: Parameters) -> str | None:
    """A role's description. Raises `ValidationError`."""
    text: str | None = parameters.get("Description")
    if text is not None and len(text) > _MOST_OF_A_DESCRIPTION:
        raise too_long("description", _MOST_OF_A_DESCRIPTION)
    if text is not None and _DESCRIPTION.fullmatch(text) is None:
        raise ValidationError("The specified value for description is invalid. It must be printable Latin-1.")
    return text


def checked_session(parameters: Parameters) -> int:
    """The longest session of a role, in seconds. Raises `ValidationError`."""
    seconds: int = parameters.get("MaxSessionDuration", _LEAST_SESSION)
    if not _LEAST_SESSION <= seconds <= _MOST_SESSION:
        raise out_of_range("maxSessionDuration", seconds, _LEAST_SESSION, _MOST_SESSION)
    return seconds
