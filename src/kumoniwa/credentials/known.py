"""Which credentials sign requests now, in memory: each request asks.

The rows are the truth. Whatever writes to them makes what is known here stale before its caller has an answer, and it
is read again before the next request is judged: a key that was deleted signs nothing from then on.
"""

import asyncio
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from kumoniwa.credentials.credential import Credential
from kumoniwa.credentials.session_tokens import SessionTokens
from kumoniwa.model.principals import account_itself
from kumoniwa.store import roles, users
from kumoniwa.store.changes import Changed
from kumoniwa.store.database import Database
from kumoniwa.tasks import Tasks
from kumoniwa.values import dataclass

_TABLES = frozenset({"access_keys", "iam_roles", "iam_users"})


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows said when they were read last."""

    keys: Mapping[str, Credential]
    entities: frozenset[str]
    """The ids of the users and roles that there are, and the account's."""


class KnownCredentials:
    """The credentials of one cloud.

    `key` is the account's own, which is in no row; `tokens` are what temporary credentials come with.
    """

    def __init__(self, database: Database, key: Mapping[str, str], tokens: SessionTokens) -> None:
        self.tokens = tokens
        self.own_key_id = key["access_key_id"]
        self._account = key["account"]
        self._own = Credential(key["secret_access_key"], account_itself(self._account))
        self._database = database
        self._known = _Known({}, frozenset())
        self._changes_heard, self._changes_read = 1, 0
        self._reading = asyncio.Lock()
        self._tasks = Tasks("credentials")
        self._on_change: list[Callable[[], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Read what there is, and follow what changes it, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._database.changes.follow(self._heard)
        await self.refresh()

    async def close(self) -> None:
        """Follow no more."""
        self._database.changes.forget(self._heard)
        await self._tasks.close()

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call this whenever other credentials may be known than before."""
        self._on_change.append(changed)

    def find(self, access_key_id: str, session_token: str | None = None) -> Credential | None:
        """What signs with this access key, and this session token where one came; None for what signs nothing.

        Not for use while `is_stale`. Whether temporary credentials have expired is not looked at.
        """
        if session_token is None:
            return self._known.keys.get(access_key_id)
        found = self.tokens.read(access_key_id, session_token)
        return None if found is None or found.principal.entity not in self._known.entities else found

    @property
    def is_stale(self) -> bool:
        """Whether `refresh` is to be waited for, before anything is looked for."""
        return self._changes_heard != self._changes_read

    async def refresh(self) -> None:
        """Afterwards what is known is what the rows say now. Raises `DatabaseUnavailable`."""
        async with self._reading:
            if not self.is_stale:
                return
            heard = self._changes_heard  # what is written while the rows are read makes it stale again
            self._known = await self._database.read(self._read)
            self._changes_read = heard
        for changed in self._on_change:
            changed()

    def _read(self, connection: Connection) -> _Known:
        by_id = {user.id: user for user in users.every(connection)}
        keys = {key.id: Credential(key.secret, by_id[key.user_id].principal) for key in users.active_keys(connection)}
        entities = frozenset({self._account, *by_id, *roles.ids(connection)})
        return _Known({**keys, self.own_key_id: self._own}, entities)

    def _heard(self, changed: Changed) -> None:
        """In the writer's thread, once a commit is durable and before whoever asked for it is answered."""
        if _TABLES.isdisjoint(changed):
            return
        self._changes_heard += 1
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._begin_to_read)

    def _begin_to_read(self) -> None:
        """Not only when the next request comes: sessions of the console end with the key that began them."""
        if self.is_stale:
            self._tasks.start(self.refresh(), "read again")
