"""Pages, once for every Describe… action.

A page's `NextToken` holds the key of the last item seen, not a position: rows may come and go between two pages, and
what stays is seen exactly once. It is good for the same request only (account, region, action, parameters).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.filters import T, Tags, Values, matching
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue

_DIGEST_BYTES = 12
_PAGING = frozenset({"MaxResults", "NextToken", "DryRun"})


def page(
    call: Call,
    parameters: Parameters,
    items: Iterable[T],
    *,
    filters: Mapping[str, Values[T]],
    key: Callable[[T], str],
    tags: Tags[T] | None = None,
    limits: tuple[int, int] | None = None,
    whole: Mapping[str, str] | None = None,
) -> tuple[list[T], str | None]:
    """The items that this request asks for, in the order of their unique `key`, and the `NextToken` of what is left.

    `filters` gives, by filter name, the values of an item. `tags` gives an item's tags and so the filters `tag:KEY`,
    `tag-key` and `tag-value`. `limits` are the least and greatest `MaxResults` of the action; None where it has none.
    `whole` are parameters that cannot be paged, each with EC2's word for it: `{"InstanceIds": "instancesSet"}`.
    """
    found = sorted(matching(parameters, items, filters, tags), key=key)
    most: int | None = parameters.get("MaxResults")
    if most is not None and limits is not None:
        _check_limits(parameters, most, limits, whole or {})
    bound = _fingerprint(call, parameters)
    if (token := parameters.get("NextToken")) is not None:
        last = _last_seen(token, bound)
        found = [item for item in found if key(item) > last]
    if most is None or len(found) <= most:
        return found, None
    return found[:most], _token(key(found[most - 1]), bound)


def _check_limits(parameters: Parameters, most: int, limits: tuple[int, int], whole: Mapping[str, str]) -> None:
    for name, word in whole.items():
        if parameters.get(name):
            raise InvalidParameterCombination(f"The parameter {word} cannot be used with the parameter maxResults")
    least, greatest = limits
    if most < least:
        raise InvalidParameterValue(
            f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value greater than {least}."
        )
    if most > greatest:
        raise InvalidParameterValue(
            f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value smaller than {greatest}."
        )


def _fingerprint(call: Call, parameters: Parameters) -> str:
    """What a token is bound to. A page may have another size than the one before."""
    asked = {name: value for name, value in parameters.items() if name not in _PAGING}
    return json.dumps([call.account, call.region, call.action, asked], sort_keys=True, default=str)


def _digest(last: str, bound: str) -> bytes:
    return hashlib.blake2b(f"{last}\0{bound}".encode(), digest_size=_DIGEST_BYTES, person=b"NextToken").digest()


def _token(last: str, bound: str) -> str:
    return base64.urlsafe_b64encode(_digest(last, bound) + last.encode()).decode()


def _last_seen(token: str, bound: str) -> str:
    """The key in a token of ours for this very request. Not a secret: who forges one only skips items of his own."""
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
        last = raw[_DIGEST_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise _invalid_token(token) from None
    if raw[:_DIGEST_BYTES] != _digest(last, bound):
        raise _invalid_token(token)
    return last


def _invalid_token(token: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Value ( {token[:200]} ) for parameter NextToken is invalid. The token is invalid.")
