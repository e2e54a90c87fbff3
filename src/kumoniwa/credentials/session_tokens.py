"""Temporary credentials, which are kept nowhere: the session token says whose they are, and until when.

A token is a text of ours with its authentication by a key of the cloud (`facts`), so that nobody else writes one. The
access key and its secret are derived from the token by the same key: they belong to it alone. So a role is assumed as
often as anybody likes and nothing grows, and whoever reads the cloud's database finds no session in it.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from kumoniwa.credentials.credential import Credential
from kumoniwa.model.principals import Principal, PrincipalKind
from kumoniwa.store import facts
from kumoniwa.values import dataclass

_FACT = "session_tokens_key"
_KEY_BYTES, _MAC_BYTES, _SECRET_BYTES, _ID_BYTES = 32, 32, 30, 10
_MOST = 2048  # characters of a token; those that are issued have some 500
_KEPT = 1024  # tokens that have been believed: each is read once, however many requests come with it
_PREFIX = "ASIA"


@dataclass(frozen=True, slots=True)
class TemporaryCredentials:
    """What STS issues, and a guest finds in its metadata."""

    access_key_id: str
    secret: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at: datetime


def key_of_tokens(connection: Connection) -> bytes:
    """The key of a cloud's session tokens, drawn when it is first asked for: it writes then."""
    if (known := facts.get(connection, _FACT)) is None:
        known = secrets.token_hex(_KEY_BYTES)
        facts.put(connection, _FACT, known)
    return bytes.fromhex(known)


class SessionTokens:
    """The session tokens of one cloud. `key` is the cloud's (`key_of_tokens`)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._believed = lru_cache(maxsize=_KEPT)(self._read)

    def issue(self, principal: Principal, expires_at: datetime, nonce: str | None = None) -> TemporaryCredentials:
        """Credentials of this principal until then, in whole seconds. The same nonce gives the same ones again."""
        said: dict[str, Any] = {
            "kind": principal.kind,
            "account": principal.account,
            "id": principal.id,
            "arn": principal.arn,
            "name": principal.name,
            "role": principal.role_arn,
            "since": None if principal.since is None else int(principal.since.timestamp()),
            "until": int(expires_at.timestamp()),
            "nonce": secrets.token_urlsafe(12) if nonce is None else nonce,
        }
        text = json.dumps(said, separators=(",", ":")).encode()
        token = base64.b64encode(self._derived(b"token", text) + text).decode()
        access_key_id, credential = self._meant(text)
        return TemporaryCredentials(access_key_id, credential.secret, token, _moment(said["until"]))

    def read(self, access_key_id: str, token: str) -> Credential | None:
        """What a token stands for that came with this access key; None where it is not ours, or of another key.

        Whether it has expired is not looked at.
        """
        if len(token) > _MOST or not access_key_id.startswith(_PREFIX):
            return None
        try:
            its_key, credential = self._believed(token)
        except ValueError:
            return None
        return credential if its_key == access_key_id else None

    def _read(self, token: str) -> tuple[str, Credential]:
        """Raises `ValueError` for a token that is not ours: those are not kept."""
        raw = base64.b64decode(token.encode("ascii"), validate=True)
        mac, text = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._derived(b"token", text)):
            raise ValueError("it is not of this cloud")
        return self._meant(text)

    def _meant(self, text: bytes) -> tuple[str, Credential]:
        """The access key, and what it stands for."""
        said: Mapping[str, Any] = json.loads(text)
        principal = Principal(
            PrincipalKind(said["kind"]),
            said["account"],
            said["id"],
            said["arn"],
            said["name"],
            said["role"],
            None if said["since"] is None else _moment(said["since"]),
        )
        access_key_id = _PREFIX + base64.b32encode(self._derived(b"access key", text)[:_ID_BYTES]).decode()
        secret = base64.b64encode(self._derived(b"secret", text)[:_SECRET_BYTES]).decode()
        return access_key_id, Credential(secret, principal, _moment(said["until"]))

    def _derived(self, what: bytes, text: bytes) -> bytes:
        return hmac.digest(self._key, what + b"\n" + text, "sha256")


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
