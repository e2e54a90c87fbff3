"""Filters, once for every Describe… action.

As EC2 documents them: all of them must hold; of one filter's values any may; names and values are case-sensitive; `*`
stands for any text, `?` for one character, a backslash takes what follows literally.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from kumoniwa.api.call import Parameters
from kumoniwa.errors import Ec2Error, InvalidParameterValue, ValueNotTaken
from kumoniwa.store.selection import Texts
from kumoniwa.values import dataclass

T = TypeVar("T")
Values = Callable[[T], Iterable[str]]
Tags = Callable[[T], Mapping[str, str]]

MAX_FILTER_VALUES = 200  # EC2's own limit
MAX_PATTERNS = 50  # ours: each is tried on every text, where values without a wildcard are looked up
MAX_VALUE = 512  # ours, in characters: twice the longest text that is compared, as each may be escaped


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a request."""

    name: str
    values: Sequence[str]


def filters_of(parameters: Parameters) -> list[Filter]:
    """The request's `Filters`. Raises the refusals of too many and too long values."""
    given: Sequence[Mapping[str, Any]] = parameters.get("Filters", ())
    values = [value for one in given for value in one.get("Values", ())]
    if len(values) > MAX_FILTER_VALUES:
        raise Ec2Error(
            "FilterLimitExceeded",
            f"The maximum number of filter values specified on a single call is {MAX_FILTER_VALUES}",
        )
    _check_measures(values)
    # EC2 calls a filter without a name so (kubernetes pull request 22788).
    # One without values is not refused: it matches nothing (observed: moto pull request 8570).
    return [Filter(str(one.get("Name", "null")), one.get("Values", ())) for one in given]


def passing(wanted: Iterable[Filter], filters: Mapping[str, Values[T]], tags: Tags[T] | None) -> Callable[[T], bool]:
    """A test of whether an item passes these filters. Raises EC2's refusal of a filter that there is not."""
    tests = [_test(one, filters, tags) for one in wanted]
    return lambda item: all(test(item) for test in tests)


def matching(
    parameters: Parameters, items: Iterable[T], filters: Mapping[str, Values[T]], tags: Tags[T] | None = None
) -> list[T]:
    """The items that pass the request's `Filters`, in the order in which they come."""
    passes = passing(filters_of(parameters), filters, tags)
    return [item for item in items if passes(item)]


def texts(values: Iterable[str]) -> Texts:
    """What a filter's values ask for, as the database compares it."""
    literal: dict[str, None] = {}
    patterns: dict[str, None] = {}
    for value in values:
        tokens = _tokens(value)
        if _ANY in tokens or _ONE in tokens:
            patterns["".join(_IN_PATTERNS.get(token, token) for token in tokens)] = None
        else:
            literal["".join(tokens)] = None
    return Texts(tuple(literal), tuple(patterns))


def _check_measures(values: Sequence[str]) -> None:
    """Raises the refusals of what would keep a reader busy for seconds."""
    for value in values:
        if len(value) > MAX_VALUE:
            raise ValueNotTaken(
                f"Value ({value[:200]}…) for a filter is invalid.", way_out=f"One may have {MAX_VALUE} characters."
            )
    if sum(not {_ANY, _ONE}.isdisjoint(_tokens(value)) for value in values) > MAX_PATTERNS:
        raise Ec2Error(
            "FilterLimitExceeded",
            f"The maximum number of filter values with wildcards specified on a single call is {MAX_PATTERNS}",
        )


def truth(value: bool) -> tuple[str]:
    """A boolean as filters compare it."""
    return ("true",) if value else ("false",)


def present(*values: object) -> tuple[str, ...]:
    """Those of the values that are there, as filters compare them."""
    return tuple(str(value) for value in values if value is not None)


def never(*names: str) -> dict[str, Values[Any]]:
    """Filters that EC2 documents and that ask for what nothing here has: they are taken and match nothing."""
    return dict.fromkeys(names, lambda _: ())


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test of whether a text matches one of the patterns."""
    literal: set[str] = set()
    wild: list[Callable[[str], bool]] = []
    for pattern in patterns:
        tokens = _tokens(pattern)
        if _ANY in tokens or _ONE in tokens:
            wild.append(_wild(tokens))
        else:
            literal.add("".join(tokens))
    if not wild:
        return literal.__contains__
    return cache(lambda text: text in literal or any(fits(text) for fits in wild))


def _test(one: Filter, filters: Mapping[str, Values[T]], tags: Tags[T] | None) -> Callable[[T], bool]:
    """One filter of a request as a test of an item."""
    fits = matcher(one.values)
    if one.name in filters:
        values = filters[one.name]
    elif tags is not None and (tag_values := _tag_filter(one.name, tags)) is not None:
        values = tag_values
    else:
        raise InvalidParameterValue(f"The filter '{one.name[:200]}' is invalid")
    return lambda item: any(fits(value) for value in values(item))


def _tag_filter(name: str, tags: Tags[T]) -> Values[T] | None:
    match name.partition(":"):
        case ("tag", ":", wanted) if wanted:
            return lambda item: present(tags(item).get(wanted))
        case ("tag-key", "", ""):
            return lambda item: tags(item).keys()
        case ("tag-value", "", ""):  # no longer documented, and still asked for
            return lambda item: tags(item).values()
        case _:
            return None


# Wildcards. A pattern is a list of single characters and of these two, which are no characters.
_ANY = "any text"
_ONE = "one character"
_IN_PATTERNS = {_ANY: "*", _ONE: "?", "*": "[*]", "?": "[?]", "[": "[[]"}


def _tokens(pattern: str) -> list[str]:
    tokens = []
    characters = iter(pattern)
    for character in characters:
        match character:
            case "*":
                tokens.append(_ANY)
            case "?":
                tokens.append(_ONE)
            case "\\":
                tokens.append(next(characters, "\\"))
            case _:
                tokens.append(character)
    return tokens


def _wild(tokens: Sequence[str]) -> Callable[[str], bool]:
    """A test of a text against a pattern with wildcards.

    What stands between two `*` is found once, where it comes first: if the rest does not fit behind that, it fits
    nowhere. So each part of the text is looked at once. A regular expression of many `.*` can take for ever.
    """
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token == _ANY:
            parts.append([])
        else:
            parts[-1].append(token)
    first, between, last = parts[0], [part for part in parts[1:-1] if part], parts[-1]
    starts = _at(first)
    if len(parts) == 1:
        return lambda text: len(text) == len(first) and starts(text, 0)
    ends, finders = _at(last), [(_finder(part), len(part)) for part in between]
    least = sum(map(len, parts))

    def fits(text: str) -> bool:
        end = len(text) - len(last)
        if len(text) < least or not starts(text, 0) or not ends(text, end):
            return False
        at = len(first)
        for find, length in finders:
            if (found := find(text, at, end)) < 0:
                return False
            at = found + length
        return True

    return fits


def _at(part: Sequence[str]) -> Callable[[str, int], bool]:
    """A test of whether the part stands at a place of a text."""
    if _ONE not in part:
        whole = "".join(part)
        return lambda text, at: text.startswith(whole, at)
    compiled = _with_gaps(part)
    return lambda text, at: compiled.match(text, at) is not None


def _finder(part: Sequence[str]) -> Callable[[str, int, int], int]:
    """Where the part stands first between two places of a text; -1 if it does not."""
    if _ONE not in part:
        whole = "".join(part)
        return lambda text, start, end: text.find(whole, start, end)
    compiled = _with_gaps(part)

    def find(text: str, start: int, end: int) -> int:
        found = compiled.search(text, start, end)
        return -1 if found is None else found.start()

    return find


def _with_gaps(part: Sequence[str]) -> re.Pattern[str]:
    return re.compile("".join("." if token == _ONE else re.escape(token) for token in part), re.DOTALL)
