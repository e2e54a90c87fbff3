"""One API call, as actions see it.

An action's parameters and its answer are keyed by botocore's member names (`InstanceIds`, not `InstanceId.1`); in an
answer `None` means absent, `[]` present and empty, and every time is aware.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kumoniwa.model.principals import Principal, account_itself
from kumoniwa.model.scope import Scope
from kumoniwa.values import dataclass

Parameters = Mapping[str, Any]
Answer = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Token:
    """A caller's ClientToken, with the fingerprint of the parameters it came with."""

    value: str
    fingerprint: str


@dataclasses.dataclass(slots=True)
class Arrival:
    """How a call came, for the trail: what is known of it besides what an action needs."""

    service: str
    source: str
    """The address that it came from."""
    agent: str
    """What the caller calls itself."""
    by_console: bool = False
    size: int = 0
    """Bytes of the request."""
    parameters: Parameters | None = None
    """What it asked for; None where that could not be read."""
    is_recorded: bool = False
    """Whether its event is written."""


@dataclass(frozen=True, slots=True)
class Call:
    """One API call, as an action sees it."""

    action: str
    account: str
    region: str
    request_id: str
    principal: str  # access key id
    at: datetime
    token: Token | None = None
    dry_run: bool = False
    """Whether to check all that the call checks, and to do nothing (`Cloud.change`)."""
    identity: Principal | None = None
    """Whose the access key is; None for the account's own."""
    came: Arrival | None = None
    """None where it came through no door."""

    @property
    def caller(self) -> Principal:
        """Who calls: a user, an assumed role, or the account itself."""
        return self.identity or account_itself(self.account)

    @property
    def scope(self) -> Scope:
        """Whose resources the call sees."""
        return Scope(self.account, self.region)
