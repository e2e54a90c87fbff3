"""What actions work with: the world they change, and the engine that does what they started."""

from collections.abc import Callable
from dataclasses import field
from typing import Any, TypeVar

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call
from kumoniwa.api.descriptions import Descriptions
from kumoniwa.api.trail import Trail, is_read
from kumoniwa.credentials.known import KnownCredentials
from kumoniwa.errors import DryRunOperation, Ec2Error
from kumoniwa.model.scope import Scope
from kumoniwa.reconcile.damage import Damage
from kumoniwa.reconcile.shorten_chains import Compaction
from kumoniwa.store import tokens
from kumoniwa.store.journal import Origin
from kumoniwa.values import dataclass
from kumoniwa.workflows.engine import Engine
from kumoniwa.workflows.world import World

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud, as its actions see it."""

    world: World
    engine: Engine
    descriptions: Descriptions[Any] = field(default_factory=Descriptions)
    compaction: Compaction | None = None
    damage: Damage | None = None
    credentials: KnownCredentials | None = None
    """What signs requests; None where nothing is signed."""
    trail: Trail | None = None
    """What CloudTrail tells; None where nothing is recorded."""
    regions_made: set[Scope] = field(default_factory=set)
    """Where the default VPC is known to have been made: every action that reads a network asks."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a consistent view of the state. It may be run twice: see `Database.read`."""
        return await self.world.database.read(work, here=True)

    async def change(self, call: Call, work: Callable[[Connection], Answer]) -> Answer:
        """Run `work` in one transaction with the call's ClientToken, then start the workflows it submitted.

        When this returns, what was done is durable. When `work` raises, nothing was done and the token is unused. Of a
        dry run, `work` is done and taken back: it raises what the call would, or `DryRunOperation` where that succeeds.
        """

        def work_and_remember(connection: Connection) -> Answer:
            answer = work(connection)
            if call.dry_run:
                raise DryRunOperation  # which rolls back what was done
            if call.token is not None:
                asked = (call.account, call.region, call.action, call.token.value)
                row = tokens.TokenRow(*asked, call.token.fingerprint, answer, call.at)
                tokens.record(connection, row)
            self.record(connection, call, answer)
            return answer

        before = call.came is not None and call.came.is_recorded
        try:
            return await self.engine.change(work_and_remember)
        except BaseException:
            if call.came is not None:
                call.came.is_recorded = before  # what the transaction had of it is gone, too
            raise

    def record(self, connection: Connection, call: Call, answer: Answer, error: Ec2Error | None = None) -> None:
        """Record a call in the transaction of what it changes, as `change` does; for whoever changes without it."""
        if self.trail is not None and call.came is not None and not is_read(call.action):
            self.trail.record(connection, call, answer, error)


def origin(call: Call) -> Origin:
    """The call as what it starts remembers it."""
    return Origin(call.action, call.request_id, call.at, call.principal, call.at, call.caller.arn)
