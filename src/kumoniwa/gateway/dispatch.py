"""What happens to every call once its caller is known, through whichever door it came.

Region → action → parse → DryRun, ClientToken → the action itself. Doors differ in how they know their callers and in
how they write answers; nothing that a call means is decided in a door.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol
from weakref import WeakValueDictionary

from kumoniwa.api.call import Answer, Call, Parameters, Token
from kumoniwa.api.client_tokens import TokenStore
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.registry import BoundAction
from kumoniwa.errors import ActionNotBuilt, DryRunOperation, Ec2Error, InternalError, InvalidParameterValue
from kumoniwa.gateway.services import Service

_TOKEN_LENGTH = 64
DRY_RUNS_UNCHECKED = frozenset({"CreateFleet"})
"""The actions whose dry runs EC2 answers before it looks at the other parameters; it checks those of others first."""


class Trailed(Protocol):
    """Where the events of calls go that no transaction recorded."""

    def note(self, call: Call, answer: Answer = None, error: Ec2Error | None = None) -> None: ...


class _NoTrail:
    def note(self, call: Call, answer: Answer = None, error: Ec2Error | None = None) -> None:
        pass


class Dispatcher:
    """The actions of a cloud behind its doors. `services` are by the name that credential scopes give them."""

    def __init__(self, services: Mapping[str, Service], tokens: TokenStore, trail: Trailed | None = None) -> None:
        self.services = services
        self._tokens = tokens
        self._trail: Trailed = trail or _NoTrail()
        self._turns: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()

    async def dispatch(self, service: Service, call: Call, parameters: Iterable[tuple[str, Any]]) -> Answer:
        """Carry out a call: `call.action` with these parameters, named and written as on the service's wire.

        Raises `Ec2Error`: every refusal, and `DryRunOperation` for a dry run that would have succeeded.
        """
        if service.is_regional:
            check_region(call.region)
        try:
            answer = await self._dispatched(service, call, parameters)
        except Ec2Error as error:
            self._trail.note(call, error=error)
            raise
        except Exception:
            self._trail.note(call, error=InternalError())
            raise
        self._trail.note(call, answer)
        return answer

    async def _dispatched(self, service: Service, call: Call, parameters: Iterable[tuple[str, Any]]) -> Answer:
        action = call.action
        traits = service.codec.traits(action)
        if (run := service.actions.get(action)) is None:
            raise ActionNotBuilt(f"the action {action}" + (f" of {service.title}" if service.title else ""))
        if action in DRY_RUNS_UNCHECKED and ("DryRun", "true") in (parameters := list(parameters)):
            raise DryRunOperation()
        parsed = service.codec.parse(action, parameters)
        if call.came is not None:
            call.came.parameters = parsed
        dry_run = bool(traits.dry_run and parsed.pop("DryRun", False))
        token = _token(parsed) if traits.client_token else None
        if dry_run:
            # An action that changes something raises it itself, and takes back what it did; one that reads returns.
            await run(replace(call, dry_run=True), parsed)
            raise DryRunOperation()
        if token is None:
            return await run(call, parsed)
        return await self._once_per_token(run, replace(call, token=token), parsed)

    async def _once_per_token(self, run: BoundAction, call: Call, parameters: Parameters) -> Answer:
        """Run an action unless its token has been answered before; twins wait for each other.

        The answer is recorded by the action, in its own transaction: here it is only looked up.
        """
        assert call.token is not None
        key = (call.account, call.region, call.action, call.token.value)
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            earlier = await self._tokens.find(call)
            return earlier if earlier is not None else await run(call, parameters)


def _token(parsed: dict[str, Any]) -> Token | None:
    """The ClientToken of a request, taken out of it, with a fingerprint of what is left."""
    if (value := parsed.pop("ClientToken", None)) is None:
        return None
    if len(value) > _TOKEN_LENGTH or not value.isascii():
        raise InvalidParameterValue(
            f"Value ({value[:200]}) for parameter ClientToken is invalid. It may have {_TOKEN_LENGTH} ASCII characters."
        )
    canonical = json.dumps(parsed, sort_keys=True, default=str).encode()
    return Token(value, hashlib.sha256(canonical).hexdigest())
