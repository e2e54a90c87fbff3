"""KMS's pages: `Limit` and `Marker`, `Truncated` and `NextMarker`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.kms.kms_refusals import InvalidKmsParameters, InvalidMarker
from kumoniwa.api.listing import seen_last, token_after

T = TypeVar("T")

_PAGING = frozenset({"Limit", "Marker"})


def seen_before(call: Call, parameters: Parameters) -> str | None:
    """The key of what the page before this one ended with; None for the first page. Raises `InvalidMarker`."""
    return seen_last(call, _as_tokens(parameters), InvalidMarker)


def most_of(parameters: Parameters, usual: int, most: int) -> int:
    """How many items a page has. Raises KMS's refusal of a `Limit` beyond what this action takes."""
    limit: int = parameters.get("Limit") or usual
    if limit > most:
        raise InvalidKmsParameters(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have "
            f"value less than or equal to {most}"
        )
    return limit


def paged(
    call: Call, parameters: Parameters, found: Sequence[T], most: int, key: Callable[[T], str]
) -> tuple[Sequence[T], Mapping[str, Any]]:
    """The items of a page, and what its answer says of what is left.

    `found` are those behind what was seen before, in the order of their unique `key`: one more than `most`, if there
    are so many.
    """
    if len(found) <= most:
        return found, {"Truncated": False}
    shown = found[:most]
    return shown, {"Truncated": True, "NextMarker": token_after(key(shown[-1]), call, _as_tokens(parameters))}


def page_of(
    call: Call, parameters: Parameters, items: Sequence[T], most: int, key: Callable[[T], str]
) -> tuple[Sequence[T], Mapping[str, Any]]:
    """As `paged`, of all items there are, in the order of their `key`. Raises `InvalidMarker`."""
    last = seen_before(call, parameters)
    left = items if last is None else [item for item in items if key(item) > last]
    return paged(call, parameters, left, most, key)


def _as_tokens(parameters: Parameters) -> Parameters:
    """The same request, with its page named as other services name it."""
    asked = {name: value for name, value in parameters.items() if name not in _PAGING}
    return {**asked, "NextToken": parameters.get("Marker")}
