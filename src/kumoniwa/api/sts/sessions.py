"""How long temporary credentials last, and how STS answers them."""

import re
from datetime import timedelta
from typing import Any

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.model.principals import Principal

LEAST = 900
"""Seconds."""
_SESSION_NAME = re.compile(r"[\w+=,.@-]*", re.ASCII)
_LEAST_OF_A_NAME, _MOST_OF_A_NAME = 2, 64


class ValidationError(Ec2Error):
    """A parameter that is not as it has to be."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message)


def checked_duration(parameters: Parameters, usual: int, most: int) -> int:
    """Seconds that credentials are asked for. Raises `ValidationError`."""
    seconds: int = parameters.get("DurationSeconds", usual)
    if not LEAST <= seconds <= most:
        than = f"greater than or equal to {LEAST}" if seconds < LEAST else f"less than or equal to {most}"
        raise ValidationError(
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member "
            f"must have value {than}"
        )
    return seconds


def checked_session_name(parameters: Parameters) -> str:
    """The name of a session of a role. Raises `ValidationError`."""
    name: str = parameters["RoleSessionName"]
    if len(name) < _LEAST_OF_A_NAME:
        wanted = f"have length greater than or equal to {_LEAST_OF_A_NAME}"
    elif len(name) > _MOST_OF_A_NAME:
        wanted = f"have length less than or equal to {_MOST_OF_A_NAME}"
    elif _SESSION_NAME.fullmatch(name) is None:
        wanted = f"satisfy regular expression pattern: {_SESSION_NAME.pattern}"
    else:
        return name
    raise ValidationError(
        f"1 validation error detected: Value '{name[:200]}' at 'roleSessionName' failed to satisfy constraint: Member "
        f"must {wanted}"
    )


def check_session_tags(parameters: Parameters) -> None:
    """Raises STS's refusals of the tags of a session. They are not kept: nobody evaluates them."""
    keys = [tag["Key"].lower() for tag in parameters.get("Tags") or ()]
    if len(set(keys)) < len(keys):
        raise InvalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.lower() not in keys for key in parameters.get("TransitiveTagKeys") or ()):
        raise InvalidParameterValue("The specified transitive tag key must be included in the requested tags.")


def issued(cloud: Cloud, call: Call, principal: Principal, seconds: int) -> dict[str, Any]:
    """Credentials of this principal for so many seconds from now, as STS answers them."""
    assert cloud.credentials is not None
    credentials = cloud.credentials.tokens.issue(principal, call.at + timedelta(seconds=seconds))
    return {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret,
        "SessionToken": credentials.session_token,
        "Expiration": credentials.expires_at,
    }
