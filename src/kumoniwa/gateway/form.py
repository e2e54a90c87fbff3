"""`application/x-www-form-urlencoded`: the form in which query strings and bodies carry parameters.

The signature and the parameters are read from the same decoded bytes, so that nothing can be changed underneath a
signature: what `+` or `%2B` means is decided here alone.
"""

from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from kumoniwa.errors import InvalidRequest

Pair = tuple[bytes, bytes]


def pairs(raw: bytes) -> list[Pair]:
    """Names and values, decoded, in the order given. A name without `=` has an empty value."""
    if not raw:
        return []
    split = [piece.partition(b"=") for piece in raw.split(b"&") if piece]
    return [(_decoded(name), _decoded(value)) for name, _, value in split]


def texts(decoded: Iterable[Pair]) -> list[tuple[str, str]]:
    """Names and values as text. Raises `InvalidRequest` where they are not UTF-8."""
    try:
        return [(name.decode(), value.decode()) for name, value in decoded]
    except UnicodeDecodeError:
        raise InvalidRequest("a parameter is not UTF-8", way_out="Encode the form in UTF-8.") from None


def _decoded(piece: bytes) -> bytes:
    if b"+" in piece:  # a space: libcloud signs `%20` and then sends `+`
        piece = piece.replace(b"+", b" ")
    return unquote_to_bytes(piece) if b"%" in piece else piece
