"""What is kept of a simulated machine that was saved in memory, as data."""

from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Saved:
    """A machine that was saved: its disk's layer, its size, and which programs saved it."""

    layer: LayerId
    vcpus: int
    memory_mib: int
    made_by: str
    is_torn: bool = False

    def fault(self, programs: str) -> str | None:
        """Why these programs cannot launch from it, in a sentence; None: they can."""
        if self.is_torn:
            return "The prepared machine's memory is torn."
        if self.made_by != programs:
            return f"The prepared machine was made by {self.made_by}, and this is {programs}."
        return None
