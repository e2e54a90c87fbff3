"""Fast launch in the database: the images that have it, and the machines prepared of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from kumoniwa.model.fast_launch import (
    FAST_LAUNCH_MOVES,
    MACHINE_MOVES,
    ON,
    USER,
    FastLaunch,
    FastLaunchState,
    MachineState,
    PreparedMachine,
    following,
)
from kumoniwa.model.scope import Scope
from kumoniwa.store import rows
from kumoniwa.store.instances import IllegalMove
from kumoniwa.store.layers import let_go
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.fast_launch import fast_launches, prepared_machines


def add(connection: Connection, fast_launch: FastLaunch) -> None:
    """Write the fast launch of an image that has none."""
    insert(connection, fast_launches, fast_launch)


_OF_IMAGE = Prepared(select(fast_launches).where(fast_launches.c.image_id == bindparam("image")), kept=True)


def of_image(connection: Connection, image_id: str) -> FastLaunch | None:
    """The fast launch of an image; None where it is disabled."""
    return _OF_IMAGE.value(FastLaunch, connection, image=image_id)


_EVERY_IN = Prepared(
    select(fast_launches)
    .where(fast_launches.c.account == bindparam("account"), fast_launches.c.region == bindparam("region"))
    .order_by(fast_launches.c.image_id)
)
_OF_IMAGES = Prepared(
    select(fast_launches).where(among(fast_launches.c.image_id, "ids")).order_by(fast_launches.c.image_id)
)


def in_scope(connection: Connection, scope: Scope, image_ids: Collection[str] | None = None) -> list[FastLaunch]:
    """Those of an account's images in a region, by image; only of these images, where ids are given."""
    if image_ids is None:
        return _EVERY_IN.values(FastLaunch, connection, account=scope.account, region=scope.region)
    found = _OF_IMAGES.values(FastLaunch, connection, ids=listed(image_ids))
    return [one for one in found if Scope.of(one) == scope]


_IN_FAST_STATE = Prepared(
    select(fast_launches).where(fast_launches.c.state == bindparam("state")).order_by(fast_launches.c.image_id)
)


def images_in(connection: Connection, state: FastLaunchState) -> list[FastLaunch]:
    """Those of all images that are in this state."""
    return _IN_FAST_STATE.values(FastLaunch, connection, state=state)


def change(connection: Connection, image_id: str, **columns: Any) -> None:
    """Change columns of an image's fast launch, other than its state."""
    assert "state" not in columns, "states are moved by `move`"
    rows.change(connection, fast_launches, image_id, columns, key="image_id")


def move(
    connection: Connection,
    image_id: str,
    sources: Collection[FastLaunchState],
    target: FastLaunchState,
    *,
    reason: str,
    at: datetime,
) -> bool:
    """Move an image's fast launch to `target`, if it is in one of `sources`; gives whether it was."""
    for source in sources:
        if target not in FAST_LAUNCH_MOVES[source]:
            raise IllegalMove(f"{source} → {target}")
    own = (fast_launches.c.image_id == image_id) & fast_launches.c.state.in_(sources)
    moving = update(fast_launches).where(own).values(state=target, reason=reason, changed_at=at)
    return connection.execute(moving).rowcount == 1


def follow_machines(connection: Connection, image_id: str, *, at: datetime) -> None:
    """One of the image's machines became ready, or failed: afterwards its fast launch, where it is on, says what there
    is, and of what failed why."""
    found = of_image(connection, image_id)
    if found is None or found.state not in ON:
        return
    machines = machines_of(connection, image_id)
    target = following(found.state, {one.state for one in machines})
    if target is not found.state:
        why = next((one.reason for one in machines if one.state is MachineState.FAILED), None)
        move(connection, image_id, [found.state], target, reason=why or USER, at=at)


def remove(connection: Connection, image_id: str, states: Collection[FastLaunchState]) -> None:
    """Afterwards the image has no fast launch, if it is in one of these states."""
    own = (fast_launches.c.image_id == image_id) & fast_launches.c.state.in_(states)
    connection.execute(delete(fast_launches).where(own))


def add_machine(connection: Connection, machine: PreparedMachine) -> None:
    """Write a new machine, whose layer is written already."""
    insert(connection, prepared_machines, machine)


_MACHINE = Prepared(select(prepared_machines).where(prepared_machines.c.id == bindparam("id")))


def machine(connection: Connection, machine_id: str) -> PreparedMachine | None:
    return _MACHINE.value(PreparedMachine, connection, id=machine_id)


_MACHINES_OF = Prepared(
    select(prepared_machines).where(prepared_machines.c.image_id == bindparam("image")).order_by(prepared_machines.c.id)
)


def machines_of(connection: Connection, image_id: str) -> list[PreparedMachine]:
    """The machines of an image, the oldest first; those that go are among them."""
    return _MACHINES_OF.values(PreparedMachine, connection, image=image_id)


_IN_STATE = Prepared(
    select(prepared_machines).where(prepared_machines.c.state == bindparam("state")).order_by(prepared_machines.c.id)
)


def machines_in(connection: Connection, state: MachineState) -> list[PreparedMachine]:
    """The machines of all images that are in this state, the oldest first."""
    return _IN_STATE.values(PreparedMachine, connection, state=state)


_KNOWN = Prepared(select(prepared_machines.c.id).where(among(prepared_machines.c.id, "ids")))


def known_machines(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Those of these ids whose machines there are."""
    return frozenset(_KNOWN.scalars(connection, ids=listed(ids)))


def move_machine(
    connection: Connection, machine_id: str, sources: Collection[MachineState], target: MachineState, **columns: Any
) -> bool:
    """Move a machine to `target`, if it is in one of `sources`; gives whether it was. Nothing else changes states."""
    for source in sources:
        if target not in MACHINE_MOVES[source]:
            raise IllegalMove(f"{source} → {target}")
    own = (prepared_machines.c.id == machine_id) & prepared_machines.c.state.in_(sources)
    return connection.execute(update(prepared_machines).where(own).values(state=target, **columns)).rowcount == 1


def fail_machine(connection: Connection, machine_id: str, reason: str) -> bool:
    """Afterwards the machine has failed, and has let its layer go, if it was being prepared or ready; gives whether it
    was."""
    found = machine(connection, machine_id)
    sources = [MachineState.PREPARING, MachineState.READY]
    failed = move_machine(connection, machine_id, sources, MachineState.FAILED, layer_id=None, reason=reason)
    if failed and found is not None:
        let_go(connection, [found.layer_id])
    return failed


def make_stale(connection: Connection, image_id: str, reason: str) -> None:
    """Afterwards nothing is launched from the image's machines any more, and what is left of them goes."""
    states = [state for state in MachineState if state is not MachineState.STALE]
    own = (prepared_machines.c.image_id == image_id) & prepared_machines.c.state.in_(states)
    connection.execute(update(prepared_machines).where(own).values(state=MachineState.STALE, reason=reason))


def remove_machine(connection: Connection, machine_id: str) -> None:
    """Forget a machine, of which nothing is left but its layer: it lets that go."""
    gone = delete(prepared_machines).where(prepared_machines.c.id == machine_id).returning(prepared_machines.c.layer_id)
    let_go(connection, connection.execute(gone).scalars())
