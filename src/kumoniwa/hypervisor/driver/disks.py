"""What a driver promises of disks: layers, by id."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import NewType, Protocol

from kumoniwa.values import dataclass

LayerId = NewType("LayerId", str)  # at most 31 characters, a letter first: it is QEMU's node name too


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """What a file offered for import holds."""

    format: str
    virtual_bytes: int
    needed_bytes: int | None = None
    """What a layer takes that holds the same, at most; None where that is not known."""


@dataclass(frozen=True, slots=True)
class LayerMeasure:
    """How much a layer holds. Bytes of the disk, not of the file, but for `file_bytes` (its length)."""

    own_bytes: int
    """Written to this layer itself."""
    full_bytes: int
    """Readable through it: its own and what shows through from the layers beneath."""
    file_bytes: int
    sha256: str
    """Of the file."""


@dataclass(frozen=True, slots=True)
class KnownLayer:
    """What the database knows of a layer's file."""

    parent: LayerId | None
    size_bytes: int
    sealed_bytes: int | None = None
    """The file's length when it was measured, being immutable."""
    sealed_sha256: str | None = None


class Disks(Protocol):
    """The layers: files that hold what disks hold. A layer that has another on top is immutable."""

    async def ensure_empty(self, layer: LayerId, size_bytes: int, *, encrypted: bool = False) -> None:
        """Afterwards `layer` exists, `size_bytes` long. A new one reads as zeros.

        Where it is `encrypted`, no file tells what is written to it, nor to what will stand on it.
        """
        ...

    async def ensure_overlay(self, layer: LayerId, on: LayerId, size_bytes: int) -> None:
        """Afterwards `layer` exists on top of `on`. A new one reads as `on` does, and as zeros beyond its end.

        It is encrypted if `on` is. Works while a running guest writes to `on` (then the overlay is one to cut to).
        """
        ...

    async def ensure_encrypted_copy(
        self, layer: LayerId, of: LayerId, size_bytes: int, on_progress: Callable[[int], None]
    ) -> None:
        """Afterwards `layer` exists, encrypted with a key of its own, and stands on nothing. A new one reads as the
        immutable layer `of` does, and as zeros beyond its end. `on_progress` is called with percent.

        Raises `LayerDamaged`, `HostExhausted`; then there is no such layer.
        """
        ...

    async def inspect(self, source: Path, format: str) -> DiskFacts:
        """Look at a file offered for import, as `raw` or `qcow2`. Raises `DiskRefused` with the reason."""
        ...

    async def ensure_imported(
        self,
        layer: LayerId,
        source: Path,
        format: str,
        on_progress: Callable[[int], None],
        *,
        encrypted: bool = False,
    ) -> None:
        """Afterwards `layer` exists and holds what `source` held. `on_progress` is called with percent.

        Where it is `encrypted`, it has a key of its own, and nothing that is not encrypted is written on the way.

        Raises `DiskRefused`, `HostExhausted`; then there is no such layer.
        """
        ...

    async def ensure_size(self, layer: LayerId, size_bytes: int) -> None:
        """Afterwards `layer` is at least this long; what is new reads as zeros. Nothing stands on it.

        Raises `DriverError` where a guest has it (`Guest.ensure_grown` is for those).
        """
        ...

    async def parent(self, layer: LayerId) -> LayerId | None:
        """The layer that `layer` stands on, as its file says. Raises `LayerDamaged` where it cannot be read."""
        ...

    async def ensure_durable(self, layer: LayerId) -> None:
        """Afterwards what the layer's file says and holds survives a power failure. Raises `LayerDamaged`."""
        ...

    async def check_length(self, layer: LayerId, file_bytes: int) -> None:
        """Raises `LayerDamaged` where the layer's file is missing, or shorter than this."""
        ...

    async def measure(self, layer: LayerId) -> LayerMeasure:
        """How much an immutable layer holds, and what its file is. Raises `LayerDamaged`."""
        ...

    async def faults(self, layer: LayerId, known: KnownLayer, *, thorough: bool) -> list[str]:
        """What is wrong with a layer's file, in sentences that name it; none: it is whole, as far as was looked.

        Not `thorough`: it is there, its header is whole, it stands on what it should, and it is not shorter than it was
        (milliseconds). `thorough`: its tables too, and where `known` has its digest, each byte. May be asked while a
        guest has the layer: then its tables are not looked at.
        """
        ...

    async def ensure_deleted(self, layer: LayerId) -> None:
        """Afterwards there is no such layer. The caller knows that nothing stands on it and nothing has it open."""
        ...

    async def ensure_set_aside(self, layer: LayerId) -> None:
        """Afterwards `layer` is no layer any more, and what it holds is kept where a person finds it."""
        ...

    async def present(self, layers: Collection[LayerId]) -> frozenset[LayerId]:
        """Those of these layers that exist, however many others there are."""
        ...

    async def all_layers(self) -> frozenset[LayerId]:
        """The layers that exist. Files whose names no layer can have are none."""
        ...
