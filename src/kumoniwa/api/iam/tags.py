"""Tags of IAM's entities, which are of no region and not among EC2's."""

from collections.abc import Mapping, Sequence
from typing import Any

from kumoniwa.api.call import Parameters
from kumoniwa.api.iam.refusals import InvalidInput, LimitExceeded, ValidationError, too_long

_MOST = 50
_MOST_OF_A_KEY, _MOST_OF_A_VALUE = 128, 256
_PUNCTUATION = frozenset("_.:/=+-@")


def given_tags(parameters: Parameters) -> dict[str, str]:
    """The tags in a request. Raises IAM's refusals."""
    found: dict[str, str] = {}
    for number, tag in enumerate(parameters.get("Tags", ()), 1):
        key, value = tag["Key"], tag.get("Value", "")
        _check(key, f"tags.{number}.member.key", _MOST_OF_A_KEY)
        _check(value, f"tags.{number}.member.value", _MOST_OF_A_VALUE)
        if key.lower().startswith("aws:"):
            raise InvalidInput("Tag keys beginning with the reserved prefix aws: cannot be set by users.")
        if key.lower() in map(str.lower, found):
            raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        found[key] = value
    return found


def with_tags(known: Mapping[str, str], more: Mapping[str, str], quota: str) -> dict[str, str]:
    """Tags with others added, or given other values. Raises `LimitExceeded` for too many."""
    new = {key.lower() for key in more}
    merged = {**{key: value for key, value in known.items() if key.lower() not in new}, **more}
    if len(merged) > _MOST:
        raise LimitExceeded(quota, _MOST)
    return merged


def without_tags(known: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    """Tags without those with these keys; a key that is not there is no error."""
    gone = {key.lower() for key in keys}
    return {key: value for key, value in known.items() if key.lower() not in gone}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tags as IAM answers them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _check(text: str, parameter: str, most: int) -> None:
    if len(text) > most:
        raise too_long(parameter, most)
    if not all(letter.isalnum() or letter.isspace() or letter in _PUNCTUATION for letter in text):
        raise ValidationError(
            f"1 validation error detected: Value at '{parameter}' failed to satisfy constraint: Member must satisfy "
            r"regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*"
        )
