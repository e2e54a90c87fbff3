"""What everything that uses a snapshot checks of it."""

from datetime import datetime

from kumoniwa.errors import IncorrectState
from kumoniwa.model.snapshots import Snapshot


def check_not_archived(snapshot: Snapshot, at: datetime) -> None:
    """Raises the refusal to use a snapshot that is archived."""
    if snapshot.is_archived(at):
        raise IncorrectState(f"The snapshot '{snapshot.id}' is archived. Restore it before you use it.")
