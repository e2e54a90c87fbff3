"""Private keys in PuTTY's own format, version 2, which every release of PuTTY reads. Pure.

Source: appendix C of PuTTY's manual ("PPK file format"). The file is not encrypted: its MAC guards against damage only.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_ENCRYPTION = "none"
_MAC_KEY = hashlib.sha1(b"putty-private-key-file-mac-key", usedforsecurity=False).digest()
_LINE = 64  # characters of base64


def putty_key(key: RSAPrivateKey | Ed25519PrivateKey, openssh: str, comment: str) -> str:
    """A private key as a .ppk file. `openssh` is the line of its public half; `comment` has no line breaks."""
    algorithm, encoded = openssh.split()[:2]
    public, private = b64decode(encoded), _private_blob(key)
    guarded = (algorithm.encode(), _ENCRYPTION.encode(), comment.encode(), public, private)
    mac = hmac.digest(_MAC_KEY, b"".join(map(_string, guarded)), "sha1")
    lines = [
        f"PuTTY-User-Key-File-2: {algorithm}",
        f"Encryption: {_ENCRYPTION}",
        f"Comment: {comment}",
        *_lines("Public", public),
        *_lines("Private", private),
        f"Private-MAC: {mac.hex()}",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def _private_blob(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return _string(key.private_bytes_raw())
    numbers = key.private_numbers()
    return b"".join(map(_integer, (numbers.d, numbers.p, numbers.q, numbers.iqmp)))


def _lines(name: str, blob: bytes) -> list[str]:
    encoded = b64encode(blob).decode()
    lines = [encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)]
    return [f"{name}-Lines: {len(lines)}", *lines]


def _string(value: bytes) -> bytes:
    """A string of SSH's wire format (RFC 4251)."""
    return len(value).to_bytes(4) + value


def _integer(value: int) -> bytes:
    """A positive `mpint` of SSH's wire format: its highest bit is its sign."""
    return _string(value.to_bytes(value.bit_length() // 8 + 1))
