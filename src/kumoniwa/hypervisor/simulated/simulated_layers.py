"""The simulated disks: layers with files in them, each reading through to the one it stands on.

Here the rule is kept that all snapshots rest on: **what another layer stands on is never written again**. A real driver
would write and silently spoil a snapshot; this one says `WorldBroken`.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from kumoniwa.hypervisor.driver import TRIED_ON, DriverError, GuestId, LayerDamaged, LayerId
from kumoniwa.hypervisor.simulated.content import Content, InMemory
from kumoniwa.hypervisor.simulated.journal import Journal
from kumoniwa.hypervisor.simulated.layer import FileSystem, Layer
from kumoniwa.refusal import REPORT_IT

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,30}")  # QEMU's of a block node


class WorldBroken(AssertionError):
    """A call that would spoil data on a real host: the fault of the caller, not of the guest or the driver."""


class Layers:
    """All layers of a world, and which guest has which one open for writing."""

    def __init__(self, path: Path | None = None) -> None:
        self.broken: list[str] = []
        """Every `WorldBroken` that was raised: a test may ask here, should someone have swallowed it."""
        self._layers: dict[LayerId, Layer] = {}
        self._children: Counter[LayerId] = Counter()
        self._writers: dict[LayerId, GuestId] = {}
        self._openings: Counter[LayerId] = Counter()
        self._torn: set[LayerId] = set()
        self.kept = path is not None
        """Whether they outlive the process."""
        self._content: Content = InMemory() if path is None else self._loaded(path)

    def __contains__(self, layer: LayerId) -> bool:
        return layer in self._layers

    def __getitem__(self, layer: LayerId) -> Layer:
        try:
            return self._layers[layer]
        except KeyError:
            raise DriverError(f"There is no layer {layer}.", way_out=REPORT_IT) from None

    def ids(self) -> frozenset[LayerId]:
        return frozenset(self._layers)

    def add(self, layer: Layer) -> None:
        """A new layer. The one it stands on is immutable from now on, unless a guest has it open: it will cut over."""
        if not _NAME.fullmatch(layer.id):
            raise DriverError(f"{layer.id!r} cannot be the name of a layer.", way_out=REPORT_IT)
        if layer.parent is not None:
            self.check_whole(layer.parent)
            if layer.parent not in self._writers:
                self._seal(self[layer.parent])
        self._remember(layer)
        self._content.save(layer, {})

    def copy(self, layer: LayerId, of: LayerId, size_bytes: int) -> None:
        """A new layer that stands on nothing and holds what is read through an immutable one."""
        self.check_whole(of)
        if of in self._writers:
            self._break(f"layer {of} was copied while guest {self._writers[of]} writes to it")
        copied = Layer(layer, max(size_bytes, self[of].size_bytes), filesystem=self.filesystem(of))
        self._remember(copied)
        self._content.save(copied, self.shown(of))

    def remove(self, layer: LayerId) -> None:
        if self._children[layer]:
            self._break(f"layer {layer} was deleted while another stands on it")
        if layer in self._writers:
            self._break(f"layer {layer} was deleted while guest {self._writers[layer]} writes to it")
        gone = self._layers.pop(layer)
        never_used = gone.filesystem is None and not gone.sealed and not self._content.files(layer)
        self._torn.discard(layer)
        for counted in (self._children, self._openings):
            del counted[layer]  # ids are never used again: what is counted by them would grow for ever
        if gone.parent is not None:
            self._children[gone.parent] -= 1
            if never_used and not self._children[gone.parent]:
                self._unseal(self[gone.parent])  # nothing was ever read through the overlay that was to stand on it
        self._content.delete(layer)

    def open(self, layer: LayerId, writer: GuestId) -> Layer:
        """Give the layer to a guest for writing; all that it stands on is immutable from now on."""
        opened = self[layer]
        self.check_whole(layer)
        if layer in self._writers:
            raise DriverError(f"Layer {layer} is open for writing by guest {self._writers[layer]}.", way_out=REPORT_IT)
        if opened.sealed:
            self._break(f"guest {writer} opens layer {layer} for writing, and another layer stands on it")
        below = opened.parent
        while below is not None:
            if below in self._writers:
                raise DriverError(
                    f"Layer {below}, below {layer}, is open for writing by guest {self._writers[below]}.",
                    way_out=REPORT_IT,
                )
            self._seal(self[below])
            below = self[below].parent
        self._writers[opened.id] = writer
        self._openings[opened.id] += 1
        return opened

    def close(self, layer: LayerId) -> None:
        del self._writers[layer]

    def switch(self, old: LayerId, new: LayerId) -> Layer:
        """The guest that writes to `old` writes to `new` from here on."""
        writer = self._writers[old]
        self.close(old)
        return self.open(new, writer)

    def get(self, layer: LayerId, path: str) -> bytes | None:
        """What the file holds, in this layer or the nearest one below that has it."""
        at: LayerId | None = layer
        while at is not None:
            one = self._layers[at]
            # What was never written to has no files: it need not be looked up.
            if one.filesystem is not None and (data := self._content.file(at, path)) is not None:
                return data
            at = one.parent
        return None

    def put(self, layer: LayerId, files: Mapping[str, bytes], filesystem: FileSystem) -> None:
        """Write files and the file system's state, at one instant."""
        before = self[layer]
        is_known = before.filesystem is filesystem
        changed = before if is_known else replace(before, filesystem=filesystem)
        if changed.sealed:
            self._break(f"layer {layer} was written to, and another layer stands on it")
        if files or not is_known:
            self._put(changed, files, is_known=is_known)

    def grow(self, layer: LayerId, size_bytes: int) -> None:
        """Make it at least this long."""
        if (grown := self[layer]).size_bytes < size_bytes:
            if grown.sealed or (self._children[layer] and layer not in self._writers):
                self._break(f"layer {layer} was resized, and another layer stands on it")
            self._put(replace(grown, size_bytes=size_bytes))

    def is_open(self, layer: LayerId) -> bool:
        """Whether a guest has it for writing."""
        return layer in self._writers

    def opening(self, layer: LayerId) -> int | None:
        """Which time it is that a guest has it for writing, counted from one; None: none has."""
        return self._openings[layer] if layer in self._writers else None

    def between(self, layer: LayerId, onto: LayerId | None) -> list[LayerId]:
        """What lies below `layer` and above `onto`, from the top. Raises `DriverError` where `onto` is not below."""
        found: list[LayerId] = []
        at = self[layer].parent
        while at != onto:
            if at is None:
                raise DriverError(f"Layer {layer} does not stand on {onto}.", way_out=TRIED_ON)
            found.append(at)
            at = self[at].parent
        return found

    def pull_up(self, layer: LayerId, onto: LayerId | None) -> None:
        """Put into `layer` what shows through it from the layers down to `onto`, which it stands on from here on."""
        if self[layer].sealed:
            self._break(f"layer {layer} was compacted, and another layer stands on it")
        passed = self.between(layer, onto)
        files: dict[str, bytes] = {}
        for below in reversed(passed):
            files.update(self._content.files(below))
        files.update(self._content.files(layer))
        moved = replace(self[layer], parent=onto, filesystem=self.filesystem(layer))
        for parent, by in ((self[layer].parent, -1), (onto, 1)):
            if parent is not None:
                self._children[parent] += by
        self._put(moved, files)

    def own(self, layer: LayerId) -> Mapping[str, bytes]:
        """The files that were written to this layer itself."""
        self[layer]
        return self._content.files(layer)

    def shown(self, layer: LayerId) -> Mapping[str, bytes]:
        """The files that are read through it, its own and those beneath."""
        files: dict[str, bytes] = {}
        for one in reversed([layer, *self.between(layer, None)]):
            files.update(self._content.files(one))
        return files

    def tear(self, layer: LayerId) -> None:
        """Damage its file, as a power failure or a bad disk may."""
        self[layer]
        self._torn.add(layer)

    def is_torn(self, layer: LayerId) -> bool:
        return layer in self._torn

    def check_whole(self, layer: LayerId) -> None:
        """Raises `LayerDamaged` where the layer, or one beneath it, is missing or torn."""
        at: LayerId | None = layer
        while at is not None:
            if at not in self._layers:
                raise LayerDamaged(f"{at}.qcow2 is missing")
            if at in self._torn:
                raise LayerDamaged(f"{at}.qcow2 is torn: it cannot be read")
            at = self._layers[at].parent

    def filesystem(self, layer: LayerId) -> FileSystem:
        """What a check of the disk would say."""
        at: LayerId | None = layer
        while at is not None:
            if (filesystem := self._layers[at].filesystem) is not None:
                return filesystem
            at = self._layers[at].parent
        return FileSystem.BLANK

    def shut(self) -> None:
        """Let go of the file that they are kept in."""
        self._content.close()

    def _loaded(self, path: Path) -> Journal:
        """What is kept in the file; the layers that it has are here then."""
        journal = Journal(path)
        for layer in journal.load():
            self._remember(layer)
        return journal

    def _remember(self, layer: Layer) -> None:
        if layer.parent is not None:
            self._children[layer.parent] += 1
            if (parent := self._layers.get(layer.parent)) is not None:
                # Many stand on few: they share the text of its id, and its size where that is theirs.
                size = parent.size_bytes if parent.size_bytes == layer.size_bytes else layer.size_bytes
                layer = replace(layer, parent=parent.id, size_bytes=size)
        self._layers[layer.id] = layer

    def _seal(self, layer: Layer) -> None:
        if not layer.sealed:
            self._put(replace(layer, sealed=True))

    def _unseal(self, layer: Layer) -> None:
        self._put(replace(layer, sealed=False))

    def _put(self, layer: Layer, files: Mapping[str, bytes] | None = None, *, is_known: bool = False) -> None:
        self._layers[layer.id] = layer
        self._content.save(layer, files or {}, is_known=is_known)

    def _break(self, what: str) -> NoReturn:
        self.broken.append(what)
        raise WorldBroken(what)
