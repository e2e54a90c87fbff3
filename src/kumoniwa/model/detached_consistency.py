"""The consistency of snapshots of volumes that no guest had, concluded from what they hold. Pure."""

from kumoniwa.model.consistency import Consistency, How
from kumoniwa.model.snapshots import Snapshot


def detached_consistency(snapshot: Snapshot | None, beneath: Snapshot | None) -> How:
    """The consistency of a snapshot whose volume no guest had.

    Nothing wrote to the volume, but how its last guest released it was not seen. Only its content shows that: it is
    empty, or nothing was written to it since it was made of, or cut to, the snapshot `beneath`.
    """
    if snapshot is not None and snapshot.full_bytes == 0:
        return How(Consistency.AT_REST, "no instance had the volume, and nothing was ever written to it")
    if snapshot is not None and snapshot.changed_bytes == 0 and beneath is not None and beneath.consistency is not None:
        since = f"no instance had the volume, and nothing was written to it since {beneath.id}"
        return How(beneath.consistency, f"{since}: {beneath.consistency_detail}", beneath.frozen_ms)
    return How(
        Consistency.CRASH_CONSISTENT,
        "no instance had the volume; whether its file systems had been unmounted is not known",
    )
