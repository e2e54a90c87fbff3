"""Whether a guest stands still for want of room on the host's disk, noted in its folder for a later server."""

from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


class WaitingForRoom:
    """The wait of one guest. It ends when there is room again, or when the guest is stopped for another reason."""

    def __init__(self, folder: Path) -> None:
        self.is_on = False
        self._mark = folder / "waits-for-room"

    def find(self) -> None:
        """Take up what an earlier server noted."""
        self.is_on = self._mark.exists()

    def begin(self) -> bool:
        """The guest is to stand still. Gives whether there was room for the mark; if not, it is to be tried again."""
        self.is_on = True
        try:
            self._mark.touch()
        except OSError as failure:
            log.warning("it is not noted that a guest waits for room", mark=str(self._mark), reason=str(failure))
            return False
        return True

    def begun_by_qemu(self) -> None:
        """QEMU stopped the guest at a write. Its status says so to a later server, so no mark is needed."""
        self.is_on = True

    def end(self) -> None:
        """The guest goes on, or stands still for another reason now."""
        self._mark.unlink(missing_ok=True)
        self.is_on = False
