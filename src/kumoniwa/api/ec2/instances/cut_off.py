"""SkipOsShutdown for a guest that is being shut down already: it is cut off now, and not when that has had its time.

The workflow that shuts it down finds it gone and goes on. So do those that change its volumes, whose turn may come
first and which would wait for a guest that hangs. Only these may be hurried so: to CreateImage or a reboot a guest
that vanished would be a failure.
"""

from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import Connection

from kumoniwa.api.cloud import Cloud
from kumoniwa.hypervisor.driver import DriverError, GuestId
from kumoniwa.model.instances import Instance
from kumoniwa.store import claims

log = structlog.get_logger(__name__)

_HURRIED = frozenset({"stop_instance", "terminate_instance", "attach_volume", "detach_volume", "modify_volume"})


@dataclass(frozen=True, slots=True)
class Insistence:
    """An instance whose guest is to be cut off, while this workflow is still waiting for it."""

    instance_id: str
    workflow_id: str


def insistence(connection: Connection, instance: Instance) -> Insistence | None:
    """Whether somebody has this guest now, and may be hurried."""
    owner = claims.holder(connection, instance.id)
    return Insistence(instance.id, owner.id) if owner is not None and owner.kind in _HURRIED else None


async def insist(cloud: Cloud, insistences: list[Insistence]) -> None:
    """Cut these guests off. What cannot be is left to the workflow that was submitted for it."""
    for one in insistences:
        owner = await cloud.read(partial(claims.holder, resource_id=one.instance_id))
        if owner is None or owner.id != one.workflow_id:
            continue  # its turn is over; the next start of this guest is none of ours
        try:
            await cloud.world.driver.guest(GuestId(one.instance_id)).ensure_off(deadline=0, skip_os_shutdown=True)
        except DriverError as failure:
            log.warning("a guest could not be cut off", instance=one.instance_id, reason=str(failure))
