"""One layer of a simulated disk, as data."""

from enum import StrEnum

from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.values import dataclass


class FileSystem(StrEnum):
    """What a check of the disk's file system would say."""

    BLANK = "blank"
    """There is none yet."""
    CLEAN = "clean"
    """It was unmounted: the disk is at rest."""
    NEEDS_RECOVERY = "needs-recovery"
    """It was mounted when this was written; its journal must be replayed."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer. `filesystem` None: as the layer below says. `sealed`: something stands on it, it is immutable."""

    id: LayerId
    size_bytes: int
    parent: LayerId | None = None
    origin: str = ""
    filesystem: FileSystem | None = None
    sealed: bool = False
