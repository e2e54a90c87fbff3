"""Identifiers as EC2 writes them: a prefix, a dash, seventeen hexadecimal digits."""

import itertools
import random
import re
import secrets

_DIGITS = re.compile(r"(?:[0-9a-f]{8}|[0-9a-f]{17})\Z")  # eight is EC2's older, still valid, form
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_COUNTED_BITS, _DRAWN_BITS = 29, 35  # of sixteen digits
_counted = itertools.count(secrets.randbits(_COUNTED_BITS))
_random = random.Random(secrets.randbits(256))
"""An identifier is no secret: it must be unique, and to ask the kernel for each takes as long as a small statement."""


def new_id(prefix: str) -> str:
    """A fresh identifier, `i-0123456789abcdef0` for prefix `i`. Like EC2's, its first digit is 0.

    Those that are made one after another begin alike, so that their rows are beside each other in every index: what is
    written for a new resource is a few pages, however many resources there are. They ascend, too, as long as a server
    runs, so that what is listed by id is in the order in which it was made. The last nine digits are drawn for each.
    """
    counted = next(_counted) % 2**_COUNTED_BITS
    return f"{prefix}-0{counted << _DRAWN_BITS | _random.getrandbits(_DRAWN_BITS):016x}"


def is_well_formed(identifier: str, prefix: str) -> bool:
    """Whether this could be an identifier of that kind of resource at all."""
    head, dash, digits = identifier.rpartition("-")
    return bool(dash) and head == prefix and _DIGITS.match(digits) is not None


def is_well_formed_uuid(identifier: str, prefix: str) -> bool:
    """Whether this could be an identifier of a kind whose identifiers are a prefix and a UUID."""
    head, dash, uuid = identifier.partition("-")
    return bool(dash) and head == prefix and is_uuid(uuid)


def is_uuid(identifier: str) -> bool:
    """Whether this is a UUID, as `new_uuid` writes it."""
    return _UUID.match(identifier) is not None


def new_mac() -> str:
    """A locally administered unicast hardware address that starts as EC2's do (02:…)."""
    digits = f"{_random.getrandbits(40):010x}"
    return f"02:{digits[:2]}:{digits[2:4]}:{digits[4:6]}:{digits[6:8]}:{digits[8:]}"


def new_request_id() -> str:
    """A request id in EC2's form, a UUID."""
    return new_uuid()


def new_uuid_id(prefix: str) -> str:
    """A fresh identifier of a kind whose identifiers are a prefix and a UUID."""
    return f"{prefix}-{new_uuid()}"


def new_uuid() -> str:
    """A fresh UUID, for what has no prefix."""
    raw = f"{_random.getrandbits(128):032x}"
    return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))


def drawn_below(count: int) -> int:
    """A number from 0 on and below this one, for what is to be unique as identifiers are."""
    return _random.randrange(count)
