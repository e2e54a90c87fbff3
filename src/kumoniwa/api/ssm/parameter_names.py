"""How parameters are named: in requests, where a version or label may follow, and in ARNs."""

import re

from kumoniwa.api.call import Call
from kumoniwa.api.ssm.parameter_refusals import InvalidParameters
from kumoniwa.model.parameters import Parameter

_NAME = re.compile(r"[A-Za-z0-9_.\-/]+")
_MOST_LEVELS = 15
_MOST_ARN = 1011  # characters of a name, with what stands before it in an ARN


def selected(call: Call, asked: str) -> tuple[str, str]:
    """The name that is asked for, and the version or label behind it, which may be empty. An ARN is a name too."""
    if asked.startswith("arn:"):
        _, _, own = asked.partition(":parameter")
        prefix = asked[: len(asked) - len(own)]
        if prefix not in (_prefix(call.region, call.account), _prefix(call.region, "")):
            return asked, ""  # another account's, or another region's: there is none of that name
        asked = own if own.count("/") > 1 else own.removeprefix("/")
    name, _, selector = asked.partition(":")
    return name, selector


def check_new_name(name: str) -> None:
    """Raises Systems Manager's refusals of a name that no parameter can be given."""
    levels = name.removeprefix("/").split("/")
    if any(levels[0].lower().startswith(reserved) for reserved in ("aws", "ssm")):
        raise InvalidParameters(
            'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive). If formed as a path, it can '
            "consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers "
            "and the following 3 symbols .-_"
        )
    if _NAME.fullmatch(name) is None or "" in levels:
        raise InvalidParameters(
            "Parameter name must be a fully qualified name: each sub-path can be formed as a mix of letters, numbers "
            "and the following 3 symbols .-_"
        )
    if "/" in name and not name.startswith("/"):
        raise InvalidParameters("Parameter name must be a fully qualified name.")
    if len(levels) > _MOST_LEVELS:
        raise LevelLimit(name)
    if len(name) > _MOST_ARN:
        raise InvalidParameters(f"Parameter name must have length less than or equal to {_MOST_ARN}.")


class LevelLimit(InvalidParameters):
    """A name with more levels than a hierarchy has."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A parameter hierarchy can have a maximum of {_MOST_LEVELS} levels: {name[:200]} has more of them."
        )
        self.code = "HierarchyLevelLimitExceededException"


def arn_of(parameter: Parameter) -> str:
    """A parameter's ARN. That of a public one names no account."""
    return f"{_prefix(parameter.region, parameter.account)}/{parameter.name.removeprefix('/')}"


def _prefix(region: str, account: str) -> str:
    return f"arn:aws:ssm:{region}:{account}:parameter"
