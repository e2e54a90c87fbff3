"""Filters, once for every Describe… action.

As EC2 documents them: all of them must hold; of one filter's values any may; names and values are case-sensitive; `*`
stands for any text, `?` for one character, a backslash takes what follows literally.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from kumoniwa.api.call import Parameters
from kumoniwa.errors import Ec2Error, InvalidParameterValue

T = TypeVar("T")
Values = Callable[[T], Iterable[str]]
Tags = Callable[[T], Mapping[str, str]]

MAX_FILTER_VALUES = 200  # EC2's own limit


def matching(
    parameters: Parameters, items: Iterable[T], filters: Mapping[str, Values[T]], tags: Tags[T] | None = None
) -> list[T]:
    """The items that pass the request's `Filters`, in the order in which they come."""
    asked: Sequence[Mapping[str, Any]] = parameters.get("Filters", ())
    if sum(len(one.get("Values", ())) for one in asked) > MAX_FILTER_VALUES:
        raise Ec2Error(
            "FilterLimitExceeded",
            f"The maximum number of filter values specified on a single call is {MAX_FILTER_VALUES}",
        )
    tests = [_test(one, filters, tags) for one in asked]
    return [item for item in items if all(test(item) for test in tests)]


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
    wild: list[list[str]] = []
    for pattern in patterns:
        tokens = _tokens(pattern)
        if _ANY in tokens or _ONE in tokens:
            wild.append(tokens)
        else:
            literal.add("".join(tokens))
    return lambda text: text in literal or any(_fits(tokens, text) for tokens in wild)


def _test(asked: Mapping[str, Any], filters: Mapping[str, Values[T]], tags: Tags[T] | None) -> Callable[[T], bool]:
    """One filter of a request as a test of an item."""
    name = str(asked.get("Name", "null"))  # EC2 calls a filter without a name so (kubernetes pull request 22788)
    # A filter without values is not refused: it matches nothing (observed: moto pull request 8570).
    fits = matcher(asked.get("Values", ()))
    if name in filters:
        values = filters[name]
    elif tags is not None and (tag_values := _tag_filter(name, tags)) is not None:
        values = tag_values
    else:
        raise InvalidParameterValue(f"The filter '{name[:200]}' is invalid")
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


def _fits(tokens: Sequence[str], text: str) -> bool:
    """Match in time of at most `len(tokens) * len(text)`: a regular expression of many `.*` can take for ever."""
    at_token = at_text = 0
    star: int | None = None  # the last `*` seen, and the text where what follows it was tried last
    tried = 0
    while at_text < len(text):
        if at_token < len(tokens) and tokens[at_token] == _ANY:
            star, tried = at_token, at_text
            at_token += 1
        elif at_token < len(tokens) and tokens[at_token] in (_ONE, text[at_text]):
            at_token += 1
            at_text += 1
        elif star is not None:
            tried += 1
            at_token, at_text = star + 1, tried
        else:
            return False
    return all(token == _ANY for token in tokens[at_token:])
