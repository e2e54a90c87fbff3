"""Which chains of layers are to be shortened, and how: pure decisions.

Reads of a guest go down its disk's chain until a layer has what is read, so long chains are slow: at 32 layers it makes
half as many small reads a second as at one. Shortening copies what some layers below the head hold into the head, which
then stands on the layer beneath those. Only the head is written to: what a snapshot holds never changes.
"""

from collections.abc import Sequence

from kumoniwa.values import dataclass

LONGEST = 16
"""Layers that a chain may have."""
LEFT = 8
"""Layers that a shortened chain has at most."""


@dataclass(frozen=True, slots=True)
class Shortening:
    """How to shorten a chain: what to copy into its head, which then stands on the layer at this place (head: 0)."""

    onto: int
    copied_bytes: int
    """At most: what one layer holds over another is not copied twice."""


def plan(sizes: Sequence[int | None], *, longest: int = LONGEST, left: int = LEFT) -> Shortening | None:
    """How to shorten a chain whose layers have these `sizes`, top to bottom; None: it is not longer than `longest`.

    As little is copied as leaves `left` layers. From there on down layers are copied too as long as each is no larger
    than those above it together: so what was copied once is not copied again at each turn, but once as much has been
    written again. A layer of unknown size counts as large. The lowest is what volumes have in common; it stays.
    """
    if len(sizes) <= longest:
        return None
    onto = min(max(len(sizes) - left + 1, 2), len(sizes) - 1)
    copied = sum(size or 0 for size in sizes[1:onto])
    while onto < len(sizes) - 1 and (size := sizes[onto]) is not None and size <= copied:
        copied += size
        onto += 1
    return Shortening(onto, copied)
