"""Answers of HTTP as bytes."""

import re

from judge import Fault

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [ -~]*\r\n")
_MAY = {100, 200, 400, 401, 403, 404, 405, 408, 411, 412, 413, 414, 415, 417, 426, 431, 501, 505}


def statuses(told: bytes) -> list[int]:
    """The statuses of answers that came one after another. Raises `Fault` for one that must not be."""
    if told and not _STATUS.match(told):
        raise Fault(f"it was answered {told[:500]!r}")
    found = [int(status) for status in _STATUS.findall(told)]
    if not _MAY.issuperset(found) or b"Traceback" in told:
        raise Fault(f"it was answered {told[:1000]!r}")
    return found
