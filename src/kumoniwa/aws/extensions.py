"""Kumoniwa's own routes below `/_kumoniwa/`: what EC2's API cannot tell, signed like everything else, in JSON."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from starlette.routing import compile_path

from kumoniwa.api.registry import Call
from kumoniwa.clock import precise
from kumoniwa.errors import Ec2Error

PREFIX = "/_kumoniwa/"
SERVICES = frozenset({"ec2", "kumoniwa"})  # what a call to an extension may be signed for

Extension = Callable[[Call, Mapping[str, str]], Awaitable[Mapping[str, Any]]]


class Extensions:
    """Routes by path patterns as starlette writes them: `/_kumoniwa/instances/{instance_id}/boots`."""

    def __init__(self, routes: Mapping[str, Extension]) -> None:
        if strays := [pattern for pattern in routes if not pattern.startswith(PREFIX)]:
            raise ValueError(f"extensions live below {PREFIX}: {strays}")
        self._routes = [(pattern, compile_path(pattern)[0], extension) for pattern, extension in routes.items()]

    def find(self, path: str) -> tuple[str, Extension, dict[str, str]]:
        """The pattern, the extension and the parts of the path that the pattern names. Raises `Ec2Error` 404."""
        for pattern, expression, extension in self._routes:
            if (match := expression.match(path)) is not None:
                return pattern, extension, match.groupdict()
        raise Ec2Error("NotFound", f"Kumoniwa has nothing at {path[:200]}.", HTTPStatus.NOT_FOUND)


def written(answer: Mapping[str, Any]) -> bytes:
    """An answer as JSON; times as Kumoniwa writes them."""
    return json.dumps(answer, default=_plain, ensure_ascii=False).encode()


def refusal(error: Ec2Error, request_id: str) -> bytes:
    """A refusal as JSON."""
    return written({"code": error.code, "message": error.message, "requestId": request_id})


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return precise(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
