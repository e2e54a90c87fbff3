"""Session tokens of IMDSv2: signed, so that they need no table and outlive a restart of the server.

A token says until when it is good; that it is whole, and whose it is, is in its signature, made with a secret of this
cloud. It looks as EC2's do: 56 characters that begin with AQAA.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import field
from datetime import UTC, datetime, timedelta

from kumoniwa.values import dataclass

_MARK = b"\x01\x00\x00\x00"
_EXPIRY_BYTES = 8
_SIGNATURE_BYTES = 28
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Issues and verifies the tokens of one cloud."""

    secret: bytes = field(repr=False)

    def issue(self, instance_id: str, expires_at: datetime) -> str:
        """A token for this instance alone, good until then."""
        head = _MARK + ((expires_at - _EPOCH) // timedelta(milliseconds=1)).to_bytes(_EXPIRY_BYTES, "big")
        return urlsafe_b64encode(head + self._sign(instance_id, head)).decode()

    def seconds_left(self, token: str, instance_id: str, now: datetime) -> int | None:
        """For how many whole seconds a token is still good for this instance; None where it is not."""
        try:
            raw = urlsafe_b64decode(token)
        except (binascii.Error, ValueError):
            return None
        head, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(instance_id, head)):
            return None
        left = _EPOCH + timedelta(milliseconds=int.from_bytes(head[len(_MARK) :], "big")) - now
        return int(left.total_seconds()) if left > timedelta(0) else None

    def _sign(self, instance_id: str, head: bytes) -> bytes:
        return hmac.digest(self.secret, head + instance_id.encode(), "sha256")[:_SIGNATURE_BYTES]
