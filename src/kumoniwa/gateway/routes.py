"""Kumoniwa's own routes below `/_kumoniwa/`: what EC2's API cannot tell, signed like everything else, in JSON."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from kumoniwa.api.call import Call
from kumoniwa.clock import precise
from kumoniwa.errors import Ec2Error, NothingThere, OtherMethod

PREFIX = "/_kumoniwa/"
SERVICES = frozenset({"ec2", "kumoniwa"})  # what a call to an extension may be signed for

Extension = Callable[[Call, Mapping[str, str]], Awaitable[Mapping[str, Any]]]


class Extensions:
    """Routes by path patterns in which braces name a part of the path: `/_kumoniwa/instances/{instance_id}/boots`.

    They are for GET; one that changes something says so: `POST /_kumoniwa/storage/repair`.
    """

    def __init__(self, routes: Mapping[str, Extension]) -> None:
        parted = [(*_parted(route), extension) for route, extension in routes.items()]
        if strays := [pattern for _, pattern, _ in parted if not pattern.startswith(PREFIX)]:
            raise ValueError(f"extensions live below {PREFIX}: {strays}")
        self._routes = [(method, pattern, _expression(pattern), extension) for method, pattern, extension in parted]

    def find(self, method: str, path: str) -> tuple[str, Extension, dict[str, str]]:
        """The pattern, the extension and the parts of the path that the pattern names. Raises `Ec2Error` 404, 405."""
        other = ""
        for wanted, pattern, expression, extension in self._routes:
            if (match := expression.fullmatch(path)) is None:
                continue
            if method == wanted:
                return pattern, extension, match.groupdict()
            other = wanted
        if other:
            raise OtherMethod(f"{path[:200]} takes {other} alone.", way_out=f"Ask it with {other}.")
        there = ", ".join(sorted({pattern for _, pattern, _, _ in self._routes}))
        raise NothingThere(f"Kumoniwa has nothing at {path[:200]}.", way_out=f"It has {there}.")


def written(answer: Mapping[str, Any]) -> bytes:
    """An answer as JSON; times as Kumoniwa writes them."""
    return json.dumps(answer, default=_plain, ensure_ascii=False).encode()


def refusal(error: Ec2Error, request_id: str) -> bytes:
    """A refusal as JSON."""
    return written({"code": error.code, "message": error.message, "requestId": request_id})


def _parted(route: str) -> tuple[str, str]:
    """A route's method and path pattern."""
    method, _, pattern = route.rpartition(" ")
    return method or "GET", pattern


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(pattern)))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return precise(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
