"""SkipOsShutdown for a guest that is being shut down already: it is cut off now, without the rest of its deadline.

The workflow that shuts it down finds it gone and goes on. So do those that change its volumes, whose turn may come
first and which would wait for a guest that hangs. Only these may be hurried so (`Story.may_be_hurried`): to CreateImage
or a reboot a guest that vanished would be a failure.
"""

from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import Connection

from kumoniwa.api.cloud import Cloud
from kumoniwa.hypervisor.driver import DriverError, GuestId
from kumoniwa.model.instances import Instance
from kumoniwa.store import instances, workflows
from kumoniwa.workflows.story import STORIES

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CutOff:
    """An instance whose guest is to be cut off, while this workflow is still waiting for it."""

    instance_id: str
    workflow_id: str


def cut_off_due(connection: Connection, instance: Instance) -> CutOff | None:
    """The guest to cut off; None where no workflow has claimed the instance, or one that may not be hurried."""
    owner = workflows.get(connection, instance.claimed_by) if instance.claimed_by else None
    return CutOff(instance.id, owner.id) if owner is not None and STORIES[owner.kind].may_be_hurried else None


async def cut_off(cloud: Cloud, due: list[CutOff]) -> None:
    """Cut these guests off. What cannot be is left to the workflow that was submitted for it."""
    for each in due:
        row = await cloud.read(partial(instances.get, instance_id=each.instance_id))
        if row is None or row.claimed_by != each.workflow_id:
            continue  # its turn is over; the next start of this guest is another workflow's
        try:
            await cloud.world.driver.guest(GuestId(each.instance_id)).ensure_off(deadline=0, skip_os_shutdown=True)
        except DriverError as failure:
            log.warning("a guest could not be cut off", instance=each.instance_id, reason=str(failure))
