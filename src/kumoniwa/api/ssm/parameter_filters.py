"""ParameterFilters, and the older Filters of DescribeParameters."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.errors import Ec2Error
from kumoniwa.model.parameters import Parameter
from kumoniwa.model.scope import Scope
from kumoniwa.store import parameters as store

Test = Callable[[Parameter], bool]

_EQUALS, _BEGINS, _CONTAINS = "Equals", "BeginsWith", "Contains"
_RECURSIVE, _ONE_LEVEL = "Recursive", "OneLevel"
_OPTIONS: Mapping[str, Collection[str]] = {
    "Name": (_EQUALS, _BEGINS, _CONTAINS),
    "Path": (_RECURSIVE, _ONE_LEVEL),
    "KeyId": (_EQUALS, _BEGINS),
}
_VALUES: Mapping[str, Callable[[Parameter], Iterable[str]]] = {
    "Name": lambda one: (one.name, one.name.removeprefix("/")),
    "Type": lambda one: (one.type,),
    "KeyId": lambda one: filter(None, (one.key_id,)),
    "Tier": lambda one: (one.tier,),
    "DataType": lambda one: (one.data_type,),
    "Label": lambda one: one.labels,
}
ALL = frozenset({*_VALUES, "Path"})


def tests_of(
    connection: Connection, scope: Scope, filters: Sequence[Mapping[str, Any]], allowed: Collection[str], *, tags: bool
) -> list[Test]:
    """What each filter of a request asks of a parameter. Raises Systems Manager's refusals."""
    return [_test(connection, scope, one, allowed, tags=tags) for one in filters]


def _test(
    connection: Connection, scope: Scope, one: Mapping[str, Any], allowed: Collection[str], *, tags: bool
) -> Test:
    key, option, values = one["Key"], one.get("Option"), one.get("Values") or []
    if tags and key.startswith("tag:") and len(key) > len("tag:"):
        _check_option(option, (_EQUALS,))
        wanted = frozenset(values)

        def is_tagged(parameter: Parameter) -> bool:
            value = store.tags_of(connection, scope, parameter.name).get(key.removeprefix("tag:"))
            return value is not None and (not wanted or value in wanted)

        return is_tagged
    if key not in allowed:
        raise Ec2Error("InvalidFilterKey", f"The following filter key is not valid: {key[:132]}.")
    _check_option(option, _OPTIONS.get(key, (_EQUALS,)))
    if not values:
        raise Ec2Error("InvalidFilterValue", f"The following filter values are missing : null for filter key {key}")
    if key == "Path":
        return _in_path(values, recursive=option == _RECURSIVE)
    return _compared(_VALUES[key], option or _EQUALS, tuple(values))


def _compared(values_of: Callable[[Parameter], Iterable[str]], option: str, wanted: tuple[str, ...]) -> Test:
    match option:
        case "BeginsWith":
            return lambda one: any(value.startswith(wanted) for value in values_of(one))
        case "Contains":
            return lambda one: any(part in value for value in values_of(one) for part in wanted)
        case _:
            return lambda one: any(value in wanted for value in values_of(one))


def _in_path(paths: Sequence[str], *, recursive: bool) -> Test:
    for path in paths:
        if not path.startswith("/"):
            raise Ec2Error("InvalidFilterValue", f"The following filter value is not valid: {path[:200]}.")
    return lambda one: any(is_below(one.name, path, recursive=recursive) for path in paths)


def is_below(name: str, path: str, *, recursive: bool) -> bool:
    """Whether a parameter is in a path of the hierarchy, on its own level or, `recursive`, on any below."""
    prefix = path if path.endswith("/") else f"{path}/"
    return name.startswith(prefix) and (recursive or "/" not in name.removeprefix(prefix))


def _check_option(option: str | None, allowed: Collection[str]) -> None:
    if option is not None and option not in allowed:
        raise Ec2Error(
            "InvalidFilterOption",
            f"The following filter option is not valid: {option[:10]}. Valid options include: [{', '.join(allowed)}].",
        )
