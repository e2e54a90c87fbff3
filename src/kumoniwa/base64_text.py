"""Base64 that a caller gives, wherever it stands in a request."""

import binascii
import string

_BREAKS = dict.fromkeys(map(ord, string.whitespace))  # ASCII's: what Unicode calls a space besides is not base64


def read(text: str) -> bytes:
    """What the text encodes. Some clients break its lines. Raises `ValueError`.

    What is kept of it is encoded again, never the text as it came: other readers are strict in other ways.
    """
    return binascii.a2b_base64(text.translate(_BREAKS), strict_mode=True)


def written(data: bytes) -> str:
    """Bytes as base64, on one line."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")
