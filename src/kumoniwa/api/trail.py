"""CloudTrail's events as they come about: those of calls that change something are written with what they did.

A call that changed something is recorded in the transaction of its change: there is neither without the other. All
else, reads and refusals, is gathered and written some seconds later, beside the calls, so that they do not wait for it.
Of reads `MOST_READS` are recorded in each such span; what comes beyond is counted, and not recorded.
"""

import itertools
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.api.call import Answer, Call
from kumoniwa.base64_text import written as base64_written
from kumoniwa.clock import Clock, precise
from kumoniwa.errors import Ec2Error
from kumoniwa.model.principals import Principal, PrincipalKind
from kumoniwa.model.scope import Scope
from kumoniwa.model.trail_events import TrailEvent, id_at
from kumoniwa.store import trail_events
from kumoniwa.store.database import Database, DatabaseUnavailable
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

DELAY = 5.0
"""Seconds until what was gathered is written."""
MOST_READS = 250
"""Reads that are recorded in each such span."""
MOST_WAITING = 5000
"""Calls that wait to be written; where there are more, because the database cannot be written, the oldest go."""
MEASURED_AFTER = 1000
"""Events after which it is looked whether there are more than are kept."""
MOST_TEXT = 100 * 1024
"""Characters of a call's parameters, or of its answer; CloudTrail too leaves out what is larger."""
REMOVED = "<sensitiveDataRemoved>"
"""CloudTrail's word for what is not to be told."""

_READS = ("Describe", "Get", "List", "Lookup")
_NO_READS = frozenset({"GetSessionToken"})
_READS_OF_KMS = frozenset(
    {"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateRandom", "ReEncrypt"}
)
"""Uses of a key: they change nothing, and of what they are given and give the trail has nothing but names."""
_USED = ("CiphertextBlob", "Plaintext")
_MOST_AGENT = 300
_MOST_ITEMS = 20  # of a list in an answer that is kept whole; of more, their ids are
_SECRETS = ("UserData", "KeyMaterial", "SecretAccessKey", "SessionToken")
_SECRET = re.compile(rf'"({"|".join(_SECRETS)})": (\{{"Value": )?"[^"\\]*(?:\\.[^"\\]*)*"')
_IDS = ("InstanceId", "VolumeId", "SnapshotId", "ImageId", "NetworkInterfaceId", "GroupId", "SubnetId", "VpcId")

_Waiting = tuple[Call, Ec2Error | None, Answer]
_UNWRITABLE = (SQLAlchemyError, TypeError, ValueError)
"""What an event fails with that has what no database, or no text, can hold."""

_counted = itertools.count(secrets.randbits(20))  # another server began elsewhere, should its clock show the same


def is_read(action: str) -> bool:
    """Whether a call of this action changes nothing."""
    return action in _READS_OF_KMS or (action.startswith(_READS) and action not in _NO_READS)


Elements = Callable[[TrailEvent], tuple[Any, Any]]
"""What an event was asked and what it answered, as CloudTrail renders them: `requestParameters`, `responseElements`."""

LOOKUPS_AT_ONCE, LOOKUPS_A_SECOND = 10.0, 2.0
"""LookupEvents in one region: two a second, as CloudTrail has it, and some at once."""


class Trail:
    """The events of one cloud, on their way into its database.

    `elements` is set once the services are known, whose models say how what was asked and answered is rendered.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._waiting: list[_Waiting] = []
        self._reads = self._left_out = 0
        self._tasks = Tasks("trail")
        self._is_due = False
        self._kept: int | None = None
        self._unmeasured = MEASURED_AFTER  # events since they were counted; at first they never were
        self._lookups: dict[Scope, tuple[float, float]] = {}
        self.elements: Elements = lambda _: (None, None)

    def may_be_looked_up(self, scope: Scope) -> bool:
        """Whether a lookup is in time: too many in a row are not."""
        now = self._clock.monotonic()
        left, at = self._lookups.get(scope, (LOOKUPS_AT_ONCE, now))
        left = min(LOOKUPS_AT_ONCE, left + (now - at) * LOOKUPS_A_SECOND)
        self._lookups[scope] = (left - 1 if left >= 1 else left, now)
        return left >= 1

    def record(self, connection: Connection, call: Call, answer: Answer, error: Ec2Error | None = None) -> None:
        """Write the event of a call that changes something, with the change."""
        assert call.came is not None
        trail_events.add(connection, _event(call, error, answer))
        call.came.is_recorded = True

    def note(self, call: Call, answer: Answer = None, error: Ec2Error | None = None) -> None:
        """Write the event of a call soon: one that read, or was refused, or had nothing to change."""
        if call.came is None:
            return
        if call.came.is_recorded:
            self._unmeasured += 1
            if self._unmeasured >= MEASURED_AFTER:
                self._plan()
            return
        if is_read(call.action):
            if self._reads >= MOST_READS or call.came.size > MOST_TEXT:
                self._left_out += 1
                return
            self._reads += 1
            answer = None
        self._waiting.append((call, error, answer))
        self._plan()

    async def flush(self) -> None:
        """Write what was gathered until now."""
        waiting, self._waiting = self._waiting, []
        reads, self._reads = self._reads, 0
        left_out, self._left_out = self._left_out, 0
        if left_out:
            log.info("reads are not recorded in the trail: there were too many", recorded=reads, left_out=left_out)
        if not waiting:
            return
        try:
            await self._write(waiting)
        except DatabaseUnavailable as failure:
            self._put_back(waiting, failure)
        except _UNWRITABLE:
            await self._write_each(waiting)

    async def _write(self, events: Sequence[_Waiting]) -> None:
        await self._database.write(partial(_add, waiting=events), patient=True)
        self._unmeasured += len(events)

    async def _write_each(self, waiting: Sequence[_Waiting]) -> None:
        """Write all but what cannot be: it would keep those beside it from ever being written."""
        for place, one in enumerate(waiting):
            try:
                await self._write([one])
            except DatabaseUnavailable as failure:
                self._put_back(waiting[place:], failure)
                return
            except _UNWRITABLE:
                call = one[0]
                log.exception("a call cannot be recorded in the trail", action=call.action, request=call.request_id)

    def _put_back(self, waiting: Sequence[_Waiting], failure: Exception) -> None:
        log.warning("calls could not be recorded in the trail; it is tried again", reason=str(failure))
        self._waiting = [*waiting, *self._waiting][-MOST_WAITING:]

    async def keep_measure(self) -> None:
        """Forget the oldest events where there are more than are kept."""
        added, self._unmeasured = self._unmeasured, 0
        if self._kept is not None:
            self._kept += added  # at most so many: those that were too old are gone
        if self._kept is None or self._kept > trail_events.MOST:
            self._kept = await self._database.read(trail_events.count)  # which reads through all of them
        while (too_many := self._kept - trail_events.MOST) > 0:
            at_most = min(too_many, trail_events.AT_ONCE)
            self._kept -= await self._database.write(partial(trail_events.forget_oldest, at_most=at_most), patient=True)

    async def close(self) -> None:
        """Write what was gathered, and no more."""
        await self._tasks.close()
        await self.flush()

    def _plan(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._tasks.start(self._write_soon(), "write what was gathered")

    async def _write_soon(self) -> None:
        try:
            while self._waiting or self._unmeasured >= MEASURED_AFTER:
                await self._clock.sleep(DELAY)
                await self.flush()
                if self._unmeasured >= MEASURED_AFTER:
                    await self.keep_measure()
        finally:
            self._is_due = False


def _add(connection: Connection, waiting: Iterable[_Waiting]) -> None:
    trail_events.add(connection, *(_event(call, error, answer) for call, error, answer in waiting))


def _event(call: Call, error: Ec2Error | None, answer: Answer) -> TrailEvent:
    came, caller, reads = call.came, call.caller, is_read(call.action)
    assert came is not None
    return TrailEvent(
        id_at(call.at, next(_counted)),
        call.account,
        call.region,
        came.service,
        call.action,
        call.request_id,
        reads,
        call.principal,
        _username(caller),
        _identity(caller, call.principal),
        came.source,
        _kept(came.agent[:_MOST_AGENT]),
        came.by_console,
        _parameters(call, came.parameters),
        None if reads or error is not None else _text(_shortened(answer or {})),
        None if error is None else error.code,
        None if error is None else _kept(error.message),
    )


def _kept(text: str) -> str:
    """What a caller sent, as every database can keep it: refusals repeat what they refuse."""
    return text.replace("\0", "\ufffd")


def _parameters(call: Call, given: Mapping[str, Any] | None) -> str | None:
    if given is None:
        return None
    if call.action == "PutParameter" and "Value" in given:
        given = {**given, "Value": REMOVED}
    if call.action in _READS_OF_KMS:
        given = {name: value for name, value in given.items() if name not in _USED}
    if call.token is not None:
        given = {**given, "ClientToken": call.token.value}
    return _text(given)


def _text(value: Mapping[str, Any]) -> str | None:
    """A value as JSON, without its secrets; None where it is too large."""
    if not value:
        return "{}"
    text = _encode(value)
    if len(text) > MOST_TEXT:
        return None
    return _SECRET.sub(_removed, text) if any(name in text for name in _SECRETS) else text


def _removed(secret: re.Match[str]) -> str:
    return f'"{secret[1]}": {secret[2] or ""}"{REMOVED}"'


def _plain(value: object) -> Any:
    match value:
        case datetime():
            return precise(value)
        case bytes():
            return base64_written(value)
        case Mapping():
            return dict(value)
        case _ if isinstance(value, Iterable):
            return list(value)
    raise TypeError(f"{type(value).__name__} has no place in an event")


_encode = json.JSONEncoder(default=_plain).encode


def _shortened(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer whose long lists have the ids of their items alone."""
    long = {name: value for name, value in answer.items() if isinstance(value, list) and len(value) > _MOST_ITEMS}
    if not long:
        return answer
    return {**answer, **{name: [_ids_of(item) for item in value] for name, value in long.items()}}


def _ids_of(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    return next(({name: item[name]} for name in _IDS if name in item), {})


def _username(caller: Principal) -> str:
    """How CloudTrail names a caller: a user by its name, a role by that of the session."""
    match caller.kind:
        case PrincipalKind.ROOT:
            return "root"
        case PrincipalKind.ASSUMED_ROLE:
            return caller.arn.rpartition("/")[2]
        case _:
            return caller.name


@lru_cache(maxsize=256)
def _identity(caller: Principal, access_key: str) -> str:
    """CloudTrail's `userIdentity`."""
    identity: dict[str, Any] = {
        "type": caller.kind,
        "principalId": caller.id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": access_key,
    }
    if caller.kind is PrincipalKind.USER:
        identity["userName"] = caller.name
    if caller.since is not None:
        session: dict[str, Any] = {
            "attributes": {"creationDate": _to_seconds(caller.since), "mfaAuthenticated": "false"}
        }
        if caller.role_arn is not None:
            session["sessionIssuer"] = {
                "type": "Role",
                "principalId": caller.entity,
                "arn": caller.role_arn,
                "accountId": caller.account,
                "userName": caller.name,
            }
        identity["sessionContext"] = session
    return json.dumps(identity)


def _to_seconds(moment: datetime) -> str:
    return f"{precise(moment)[:19]}Z"
