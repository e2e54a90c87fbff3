"""Layers: the files that volumes and snapshots stand on."""

from datetime import datetime

from kumoniwa.values import dataclass

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Layer:
    """One qcow2 file. Immutable once another stands on it or a snapshot refers to it.

    `sealed_bytes` and `sealed_sha256` are the length and digest of an immutable layer's file when it was measured: they
    show whether a power failure or a bad disk changed it since. None: not measured yet.
    """

    id: str
    parent_id: str | None
    size_bytes: int
    created_at: datetime
    sealed_bytes: int | None = None
    sealed_sha256: str | None = None
    made: bool = False
    """Whether its file was seen to be there once: then it is never made anew, because a missing file was lost."""
    encrypted: bool = False
    """Whether its file is encrypted. Of layers that stand on each other all are, or none is, but for a copy."""
    is_copy: bool = False
    """Whether its file is to be made as an encrypted copy of what its parent holds: then it stands on nothing any more,
    and is no copy. Until then its parent may be of any kind."""
