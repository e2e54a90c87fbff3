"""What follows for a running, unclaimed instance from what its guest is: rows that change, and the workflow that is
submitted with them."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from kumoniwa.model.boots import Boot, Cause
from kumoniwa.model.instances import INSTANCE_SHUTDOWN, Instance, InstanceState, ShutdownBehavior
from kumoniwa.store import boots, hibernations, instances
from kumoniwa.store.journal import Origin
from kumoniwa.workflows.stories.instances.recover_instance import recover_instance
from kumoniwa.workflows.stories.instances.resume_instance import resume_instance
from kumoniwa.workflows.stories.instances.run_instance import run_instance
from kumoniwa.workflows.stories.instances.start_instance import start_instance
from kumoniwa.workflows.stories.instances.stop_instance import stop_instance
from kumoniwa.workflows.stories.instances.terminate_instance import terminate_instance
from kumoniwa.workflows.story import submit

log = structlog.get_logger(__name__)

_LOST = (Cause.PANIC, Cause.RECOVERY)
_AT_ONCE = 3  # times in a minute that a lost guest is brought back at once
_MINUTE = timedelta(minutes=1)

Decision = Callable[[Connection, Instance, Origin], None]


def went_down(connection: Connection, instance: Instance, origin: Origin) -> None:
    """The guest is down. Where its life has an end already, a workflow of ours shut it down for a reboot or a cut, and
    then could not boot it: it is brought back. Only a guest that powered itself off may be stopped, or terminated."""
    boot = boots.current(connection, instance.id)
    if boot is not None and boot.ended_at is not None:
        recovered(connection, instance, origin)
    else:
        _powered_off(connection, instance, origin)


def was_given_up(boot: Boot | None) -> bool:
    """Whether the guest did not answer who booted it. One that may have heard the power button is not meant: where it
    goes down yet, that is our doing."""
    return boot is not None and boot.ended_at is not None and boot.end_requested_at is None


def runs_after_all(connection: Connection, instance: Instance, origin: Origin) -> None:
    """The guest runs, in the life that was given up: what it does by itself from now on is its own doing again."""
    boot = boots.current(connection, instance.id)
    if boot is not None and was_given_up(boot):
        boots.ensure_not_ended(connection, boot.id)


def _powered_off(connection: Connection, instance: Instance, origin: Origin) -> None:
    """The guest powered itself off. No protection keeps an instance from that (docs/sources.md)."""
    ends = instance.shutdown_behavior is ShutdownBehavior.TERMINATE
    instances.move(
        connection,
        instance.id,
        [InstanceState.RUNNING],
        InstanceState.SHUTTING_DOWN if ends else InstanceState.STOPPING,
        at=origin.at,
        state_transition_reason="",
        state_reason_code=INSTANCE_SHUTDOWN.code,
        state_reason_message=INSTANCE_SHUTDOWN.message,
    )
    _end(connection, instance, origin, Cause.GUEST, terminate=ends)


def begin_again(connection: Connection, instance: Instance, origin: Origin) -> None:
    """Submit once more what brings an instance out of the state it is in."""
    if instance.state is InstanceState.PENDING:
        if instance.prepared_on is not None and instance.launch_time == instance.first_launch_time:
            # Until it has gone on from memory its root volume is that of a machine which is nobody: none boots from it.
            machine_id = instance.prepared_on
            submit(connection, run_instance, origin, instance_id=instance.id, machine_id=machine_id)
            return
        story = start_instance if boots.current(connection, instance.id) else run_instance
        if hibernations.kept(connection, instance.id):
            story = resume_instance
        submit(connection, story, origin, instance_id=instance.id)
        return
    ends = instance.state is InstanceState.SHUTTING_DOWN
    _end(connection, instance, origin, Cause.ACTION, terminate=ends)


def _end(connection: Connection, instance: Instance, origin: Origin, cause: Cause, *, terminate: bool) -> None:
    """Submit what ends the instance's guest, in its own order."""
    whose = instance.id
    if terminate:
        submit(connection, terminate_instance, origin, instance_id=whose, cause=cause, skip_os_shutdown=False)
    else:
        submit(connection, stop_instance, origin, instance_id=whose, cause=cause, skip_os_shutdown=False)


def recovered(connection: Connection, instance: Instance, origin: Origin) -> None:
    """The guest's process is gone: it is brought back."""
    _bring_back(connection, instance, origin, Cause.RECOVERY)


def panicked(connection: Connection, instance: Instance, origin: Origin) -> None:
    """The guest's kernel panicked: it is brought back."""
    _bring_back(connection, instance, origin, Cause.PANIC)


def _bring_back(connection: Connection, instance: Instance, origin: Origin, cause: Cause) -> None:
    """Boot a lost guest again. One that is lost again and again is left to the rounds: it must not use up the host."""
    # Until now: where the host's time was set back, the boots of an hour may seem to lie ahead.
    if boots.count_between(connection, instance.id, _LOST, origin.at - _MINUTE, origin.at) >= _AT_ONCE:
        log.warning("a guest is lost again and again; it is booted again later", instance=instance.id)
        return
    submit(connection, recover_instance, origin, instance_id=instance.id, cause=cause)
