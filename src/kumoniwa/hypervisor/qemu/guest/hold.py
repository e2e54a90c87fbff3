"""Whether a guest stands still for want of room on the host's disk, remembered in its folder for a later server."""

from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


class Hold:
    """One guest's. It goes on by itself when there is room again, so who stops it for another reason ends this one."""

    def __init__(self, folder: Path) -> None:
        self.is_on = False
        self._mark = folder / "waits-for-room"

    def find(self) -> None:
        """What an earlier server knew."""
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

    def heard(self) -> None:
        """QEMU stopped the guest at a write, or had stopped it: its status says so, so no mark is needed."""
        self.is_on = True

    def end(self) -> None:
        """The guest goes on, or does not stand still for that any more."""
        self._mark.unlink(missing_ok=True)
        self.is_on = False
