"""Who may use the console: single-use sign-in codes, and the sessions that they begin.

A session is known by two halves. Half A is in a cookie that no script can read; half B is in the page's own storage and
sent as a header. Cookies are sent to every port of a host, and storage is read by any script of the origin, so neither
half alone is a session. Codes and halves are kept in memory only, as hashes.

Wrong codes are not counted: nobody guesses 32 random bytes at the rate at which strangers are answered, and a count
would let whoever sends wrong codes keep the owner out.
"""

import dataclasses
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import field
from datetime import datetime, timedelta
from hmac import compare_digest
from http import HTTPStatus

from kumoniwa.clock import Clock
from kumoniwa.errors import Ec2Error
from kumoniwa.model.principals import Principal
from kumoniwa.values import dataclass

CODE_SECONDS = 60
IDLE = timedelta(hours=12)
"""A session that made no request for so long has ended."""
_SECRET_BYTES = 32
_MOST_CODES = 16
_MOST_SESSIONS = 64


class NotSignedIn(Ec2Error):
    """There is no such code or session, or there is none any more: which of these it is, is not said."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("NotSignedIn", "You are not signed in. Run `kumoniwa console` to sign in.")


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose calls a session makes: those of the key that asked for its sign-in code."""

    access_key: str
    principal: Principal


@dataclasses.dataclass(slots=True)
class Session:
    """One browser that is signed in."""

    signer: Signer
    half_b: bytes = field(repr=False)  # its hash
    used_at: datetime
    on_end: set[Callable[[], None]] = field(default_factory=set)
    """Called when it ends: a connection that outlives its request adds itself."""
    ended: bool = False

    def is_idle(self, now: datetime) -> bool:
        """Whether it has to end, because nothing was asked in it for long."""
        return now - self.used_at >= IDLE


@dataclass(frozen=True, slots=True)
class Halves:
    """What a session is known by, given out once."""

    a: str = field(repr=False)
    b: str = field(repr=False)


class Sessions:
    """The sign-in codes and sessions of one server process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[bytes, tuple[Signer, datetime]] = {}
        self._sessions: dict[bytes, Session] = {}  # by the hash of half A; the longest unused first

    def code(self, signer: Signer) -> str:
        """A new code that begins one session of `signer` within `CODE_SECONDS`. The oldest go if there are many."""
        while len(self._codes) >= _MOST_CODES:
            del self._codes[next(iter(self._codes))]
        code = secrets.token_urlsafe(_SECRET_BYTES)
        self._codes[_hash(code)] = (signer, self._clock.now() + timedelta(seconds=CODE_SECONDS))
        return code

    def begin(self, code: str) -> tuple[Session, Halves]:
        """The session that this code begins; the code is used up. Raises `NotSignedIn`."""
        now = self._clock.now()
        signer, until = self._codes.pop(_hash(code), (None, now))
        if signer is None or now >= until:
            raise NotSignedIn
        while len(self._sessions) >= _MOST_SESSIONS:
            self._end(next(iter(self._sessions)))
        halves = Halves(secrets.token_urlsafe(_SECRET_BYTES), secrets.token_urlsafe(_SECRET_BYTES))
        session = self._sessions[_hash(halves.a)] = Session(signer, _hash(halves.b), now)
        return session, halves

    def find(self, half_a: str, half_b: str) -> Session:
        """The session with these halves, which counts as used now. Raises `NotSignedIn`."""
        key, now = _hash(half_a), self._clock.now()
        session = self._sessions.get(key)
        # Compared also where there is no session, so that the answer takes as long.
        is_half_b = compare_digest(_hash(half_b), session.half_b if session is not None else bytes(32))
        if session is None or not is_half_b:
            raise NotSignedIn
        if session.is_idle(now):
            self._end(key)
            raise NotSignedIn
        session.used_at = now
        self._sessions[key] = self._sessions.pop(key)
        return session

    def end(self, half_a: str) -> None:
        """End the session with this half A, which has not ended yet, and every connection of it."""
        self._end(_hash(half_a))

    def end_those(self, signs_nothing: Callable[[str], bool]) -> None:
        """End the sessions, and the codes that would begin one, of access keys that sign nothing any more."""
        for code in [code for code, (signer, _) in self._codes.items() if signs_nothing(signer.access_key)]:
            del self._codes[code]
        for key in [key for key, one in self._sessions.items() if signs_nothing(one.signer.access_key)]:
            self._end(key)

    def _end(self, key: bytes) -> None:
        session = self._sessions.pop(key)
        session.ended = True
        for end in tuple(session.on_end):
            end()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
