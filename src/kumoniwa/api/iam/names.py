"""Names and paths, checked as IAM's model has them."""

import re

from kumoniwa.api.call import Parameters
from kumoniwa.api.iam.refusals import ValidationError, too_long

_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]+")
_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_PREFIX = re.compile(r"/[\x21-\x7f]*")
_MOST_OF_A_PATH = 512
MOST_OF_A_USER, MOST_OF_A_ROLE, MOST_OF_A_GROUP, MOST_OF_A_PROFILE, MOST_OF_A_POLICY = 64, 64, 128, 128, 128


def checked_name(parameters: Parameters, parameter: str, most: int) -> str:
    """The name that `parameters` give in `parameter`, which they must. Raises `ValidationError`."""
    name: str = parameters[parameter]
    shown = parameter[0].lower() + parameter[1:]
    if len(name) > most:
        raise too_long(shown, most)
    if _NAME.fullmatch(name) is None:
        raise ValidationError(
            f"The specified value for {shown} is invalid. It must contain only alphanumeric characters and/or the "
            "following: +=,.@_-"
        )
    return name


def checked_path(parameters: Parameters, parameter: str = "Path") -> str:
    """The path in which something new is; `/` where none is given. Raises `ValidationError`."""
    path: str = parameters.get(parameter, "/")
    if len(path) > _MOST_OF_A_PATH:
        raise too_long("path", _MOST_OF_A_PATH)
    if _PATH.fullmatch(path) is None:
        raise ValidationError(
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
            "characters and/or / characters."
        )
    return path


def path_prefix(parameters: Parameters) -> str:
    """What paths are to begin with that are listed. Raises `ValidationError`."""
    prefix: str = parameters.get("PathPrefix", "/")
    if len(prefix) > _MOST_OF_A_PATH:
        raise too_long("pathPrefix", _MOST_OF_A_PATH)
    if _PREFIX.fullmatch(prefix) is None:
        raise ValidationError(
            "The specified value for pathPrefix is invalid. It must begin with / and contain only alphanumeric "
            "characters and/or / characters."
        )
    return prefix
