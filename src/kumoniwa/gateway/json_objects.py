"""Objects of JSON as callers send them, read as far as their form goes."""

import json
import re
from typing import Any, NoReturn

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # as JSON has it: after a backslash that stands for itself, it is none


class NotAnObject(Exception):
    """A body that holds no object of JSON, or none that can be kept; the text is the end of a sentence about it."""


def read_object(body: bytes) -> dict[str, Any]:
    """The object that a body holds; an empty body is an empty object. Raises `NotAnObject`.

    How deep it is nested is limited by Python, and how much it holds by its body's size.
    """
    try:
        read = json.loads(body or b"{}", parse_constant=_refuse_constant)
        written = json.dumps(read, ensure_ascii=False)
        written.encode()  # an escape may name half a character, which no text could hold
    except (ValueError, RecursionError):
        raise NotAnObject("is not JSON") from None
    if "\\u0000" in written and _NUL.search(written):
        raise NotAnObject("has the character U+0000, which no text may have")  # PostgreSQL could not keep it
    if not isinstance(read, dict):
        raise NotAnObject("is not a JSON object")
    return read


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
