"""How long things take in the simulation."""

from typing import Self

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds on the driver's clock. The defaults are for a person who tries it and wants to see states pass by."""

    boot: float = 2.0
    """From the first line of the kernel to reachable."""
    restore: float = 0.3
    """From going on where a prepared machine stopped to reachable."""
    shutdown: float = 0.5
    """From the power button to disks at rest."""
    cut: float = 0.001
    """The switch of a guest's disks."""
    freeze: float = 0.05
    """Freezing a guest's file systems, and as long again for thawing them."""
    suspension: float = 0.5
    """Saving a guest's memory, and as long again for reading it."""
    compaction: float = 1.0
    """Shortening a chain of layers, whatever is in it."""
    import_disk: float = 1.0
    """Taking in a disk file, whatever its size."""

    @classmethod
    def instant(cls) -> Self:
        """Everything happens within the call that asks for it: for tests that are about something else."""
        return cls(boot=0, restore=0, shutdown=0, cut=0, freeze=0, suspension=0, compaction=0, import_disk=0)
