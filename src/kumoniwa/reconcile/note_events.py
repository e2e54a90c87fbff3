"""What events of guests say, kept in the rows of their boots and instances."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import EventKind, GuestEvent
from kumoniwa.ids import new_id
from kumoniwa.model.boots import Cause
from kumoniwa.model.instances import Reachability
from kumoniwa.store import boots, instances
from kumoniwa.store.journal import Origin


def note_event(connection: Connection, event: GuestEvent) -> None:
    """Write what the event says of the guest's current boot, and of how reachable its instance is."""
    seen = boots.signs_of(connection, event.guest)
    if seen is None:
        return

    def become(now: Reachability, **more: Any) -> None:
        if seen.reachability is not now:
            instances.change(connection, event.guest, reachability=now, **{"impaired_since": None, **more})

    match event.kind:
        case EventKind.KERNEL_STARTED if seen.kernel_started_at is None:
            boots.change(connection, seen.boot_id, kernel_started_at=event.at)
        case EventKind.REACHABLE if seen.ended_at is None:
            if seen.reachable_at is None:
                boots.change(connection, seen.boot_id, reachable_at=event.at)
            become(Reachability.OK)
        case EventKind.RESET:
            origin = Origin(None, None, event.at)
            boots.ensure_begun(connection, new_id("boot"), event.guest, Cause.GUEST, origin)
            become(Reachability.INITIALIZING)
        case EventKind.OUT_OF_SPACE:
            become(Reachability.IMPAIRED, impaired_since=event.at)
        case EventKind.RESUMED:
            become(Reachability.OK)
        case _:
            pass
