"""Lists page by page, as IAM answers them: Marker, MaxItems, IsTruncated."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from kumoniwa.api.call import Parameters
from kumoniwa.api.iam.refusals import ValidationError, out_of_range

T = TypeVar("T")

_MOST, _USUAL = 1000, 100


def page(
    parameters: Parameters, member: str, items: Sequence[T], key: Callable[[T], str], output: Callable[[T], Any]
) -> dict[str, Any]:
    """One page of `items`, which are in the order of their `key`, no two alike. Raises `ValidationError`.

    The marker is the key of the last one that was given: what is deleted meanwhile makes nothing be left out.
    """
    at_most = parameters.get("MaxItems", _USUAL)
    if not 1 <= at_most <= _MOST:
        raise out_of_range("maxItems", at_most, 1, _MOST)
    after = _key(parameters.get("Marker"))
    left = [item for item in items if after is None or key(item) > after]
    shown = left[:at_most]
    answer: dict[str, Any] = {member: [output(item) for item in shown], "IsTruncated": len(left) > at_most}
    if answer["IsTruncated"]:
        answer["Marker"] = base64.b64encode(key(shown[-1]).encode()).decode()
    return answer


def _key(marker: str | None) -> str | None:
    if marker is None:
        return None
    try:
        return base64.b64decode(marker, validate=True).decode()
    except ValueError:
        raise ValidationError("Invalid Marker.") from None
