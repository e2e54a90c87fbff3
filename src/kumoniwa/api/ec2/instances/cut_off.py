"""SkipOsShutdown for a guest that is being shut down already: it is cut off at once instead of at its deadline.

The workflow that shuts it down finds it gone and goes on. So do the workflows that change its volumes, which may come
first and would wait for a guest that hangs. No other workflow may be hurried (`Story.may_be_hurried`): CreateImage or a
reboot would take a guest that vanished for a failure.
"""

from collections.abc import Iterable, Sequence
from functools import partial

import structlog
from sqlalchemy import Connection

from kumoniwa.api.cloud import Cloud
from kumoniwa.hypervisor.driver import DriverError, GuestId
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.store import claims
from kumoniwa.values import dataclass
from kumoniwa.workflows.story import STORIES

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HeldGuest:
    """An instance whose guest is to be cut off, as long as this workflow has it."""

    instance_id: str
    workflow_id: str


def guests_to_cut_off(
    connection: Connection, named: Sequence[Instance], *, skip_os_shutdown: bool
) -> Iterable[HeldGuest]:
    """Those of the instances whose guests are being shut down already, and are not to be given that time any more."""
    if not skip_os_shutdown:
        return
    for instance in named:
        if instance.state not in (InstanceState.STOPPING, InstanceState.SHUTTING_DOWN):
            continue
        owner = claims.holder(connection, instance.id)
        if owner is not None and STORIES[owner.kind].may_be_hurried:
            yield HeldGuest(instance.id, owner.id)


async def cut_off_guests(cloud: Cloud, held: Sequence[HeldGuest]) -> None:
    """Cut these guests off. A guest for which that fails is left to the workflow that was submitted for it."""
    for guest in held:
        owner = await cloud.read(partial(claims.holder, resource_id=guest.instance_id))
        if owner is None or owner.id != guest.workflow_id:
            continue  # that workflow has ended; the guest's next start must not be cut off
        try:
            await cloud.world.driver.guest(GuestId(guest.instance_id)).ensure_off(deadline=0, skip_os_shutdown=True)
        except DriverError as failure:
            log.warning("a guest could not be cut off", instance=guest.instance_id, reason=str(failure))
