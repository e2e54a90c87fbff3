"""ClientTokens: the answer that a token got before is given again."""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import ACTIONS
from kumoniwa.errors import IdempotentParameterMismatch
from kumoniwa.store import tokens
from kumoniwa.values import dataclass


class TokenStore(Protocol):
    """The ClientTokens that were used, as the actions' own transactions recorded them."""

    async def find(self, call: Call) -> Mapping[str, Any] | None:
        """The answer that was given to this token in this account, region and action; None for a new token.

        Raises `IdempotentParameterMismatch` where the fingerprint differs. `call.token` is never None here.
        """
        ...


@dataclass(frozen=True, slots=True)
class ClientTokens:
    """The tokens of one cloud (a `TokenStore`)."""

    cloud: Cloud

    async def find(self, call: Call) -> Mapping[str, Any] | None:
        """See `TokenStore.find`. Raises also what the action's own `check_replay` refuses."""
        assert call.token is not None
        token, check_replay = call.token, ACTIONS["ec2"][call.action].check_replay

        def found(connection: Connection) -> Mapping[str, Any] | None:
            row = tokens.find(connection, call.scope, call.action, token.value)
            if row is None:
                return None
            if row.fingerprint != token.fingerprint:
                raise IdempotentParameterMismatch
            output: Mapping[str, Any] = row.output or {}
            if check_replay is not None:
                check_replay(connection, call, output)
            return output

        return await self.cloud.read(found)
