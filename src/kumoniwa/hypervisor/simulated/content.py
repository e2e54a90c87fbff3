"""What is written in layers, where nothing is to outlive the process."""

from collections.abc import Mapping
from typing import Protocol

from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.simulated.layer import Layer


class Content(Protocol):
    """What is in layers: their files by path. `Journal` keeps it on the host's disk, `InMemory` does not."""

    def file(self, layer: LayerId, path: str) -> bytes | None:
        """What this layer itself has of a file."""
        ...

    def files(self, layer: LayerId) -> dict[str, bytes]:
        """The files that were written to this layer itself."""
        ...

    def save(self, layer: Layer, files: Mapping[str, bytes], *, is_known: bool = False) -> None:
        """The layer is as given; these of its files hold what is given."""
        ...

    def delete(self, layer: LayerId) -> None:
        """The layer is gone, with its files."""
        ...

    def close(self) -> None:
        """Nothing more is asked for."""
        ...


class InMemory:
    """See `Content`."""

    def __init__(self) -> None:
        self._files: dict[LayerId, dict[str, bytes]] = {}

    def file(self, layer: LayerId, path: str) -> bytes | None:
        return self._files.get(layer, {}).get(path)

    def files(self, layer: LayerId) -> dict[str, bytes]:
        return dict(self._files.get(layer, {}))

    def save(self, layer: Layer, files: Mapping[str, bytes], *, is_known: bool = False) -> None:
        if files:
            self._files.setdefault(layer.id, {}).update(files)

    def delete(self, layer: LayerId) -> None:
        self._files.pop(layer, None)

    def close(self) -> None:
        """There is nothing to let go of."""
