"""AssumeRole."""

import re
from http import HTTPStatus

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.api.sts.sessions import (
    ValidationError,
    check_session_tags,
    checked_duration,
    checked_session_name,
    issued,
)
from kumoniwa.errors import Ec2Error
from kumoniwa.model.principals import PrincipalKind
from kumoniwa.store import roles

_USUAL, _MOST, _MOST_OF_A_CHAIN = 3600, 43_200, 3600  # seconds
_ARN = re.compile(r"arn:aws:iam::(?P<account>[0-9]{12}):role/([\x21-\x7e]+/)?(?P<name>[\w+=,.@-]{1,64})", re.ASCII)
_MOST_OF_AN_ARN = 2048
_NOT_BUILT = (
    NotBuiltParameter("SerialNumber", "devices for a second factor"),
    NotBuiltParameter("TokenCode", "devices for a second factor"),
    NotBuiltParameter("ProvidedContexts", "contexts of a session"),
)
_NOT_EVALUATED = (
    "Whoever calls may assume every role: trust policies, the session's policies, its tags and ExternalId are not "
    "evaluated. The cloud's own key may, too, which a root user's may not on AWS."
)


class AccessDenied(Ec2Error):
    """What STS answers where a role cannot be assumed, or is not there: which of these, it does not say."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self, message: str) -> None:
        super().__init__("AccessDenied", message)


@action("AssumeRole", service="sts", depth=Depth.PARTLY, missing=_NOT_EVALUATED, not_built=_NOT_BUILT)
async def assume_role(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Credentials of a session of a role, which is called by its own name."""
    refuse(parameters, _NOT_BUILT)
    arn: str = parameters["RoleArn"]
    if len(arn) > _MOST_OF_AN_ARN or (parted := _ARN.fullmatch(arn)) is None:
        raise ValidationError(f"{arn[:200]} is invalid")
    name = checked_session_name(parameters)
    seconds = checked_duration(parameters, _USUAL, _MOST)
    check_session_tags(parameters)
    if call.caller.kind is PrincipalKind.ASSUMED_ROLE and seconds > _MOST_OF_A_CHAIN:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    role = await cloud.read(lambda connection: roles.named(connection, parted["account"], parted["name"]))
    if role is None or role.account != call.account or role.arn.lower() != arn.lower():
        raise AccessDenied(f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}")
    if seconds > role.max_session:
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    session = role.session(name, call.at)
    return {
        "Credentials": issued(cloud, call, session, seconds),
        "AssumedRoleUser": {"AssumedRoleId": session.id, "Arn": session.arn},
        "SourceIdentity": parameters.get("SourceIdentity"),
    }
