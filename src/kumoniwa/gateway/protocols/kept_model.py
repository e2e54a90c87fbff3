"""What a server needs of botocore's models, kept in files of which an action is read alone, when it is first called.

Of a file of botocore's (EC2's: a megabyte, compressed) this is made once, and again whenever that file is another one.
It is data, never code; what is not whole is not believed but made anew.

    {"format": 2, "source": "<digest of botocore's file>", "bytes": 52341, "check": 123456789}     the head
    {"RunInstances": [0, 58755, 987654321], …}                      the index: where, how many bytes, their checksum
    {"input": {"shape": "RunInstancesRequest"}, "output": …, "shapes": {…}}                  the parts, one a line
"""

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from kumoniwa.folder import not_ours
from kumoniwa.gateway.protocols.model import Operation, operation

log = structlog.get_logger(__name__)

FORMAT = 2
"""Raised with every change of what is kept, or how."""
_HEAD_AT_MOST = 500  # bytes


class _Unusable(Exception):
    """A file that is missing, of something else, or damaged; the reason."""


class KeptModel:
    """See `kumoniwa.gateway.protocols.model.Model`: in a file below `folder`, which is made where it is missing."""

    def __init__(self, service: str, version: str, folder: Path) -> None:
        self._service, self._version = service, version
        self._source = _digest(service, version)
        self._path = folder / f"{service}-{version}-{self._source[:12]}.json"
        self._made: Mapping[str, bytes] = {}
        """The parts, where this process made them: it reads no file that it has just written, or could not write."""
        try:
            self._index = self._read(_index)
        except _Unusable:
            self._make()
        self.actions = frozenset(self._index)

    def operation(self, action: str) -> Operation:
        offset, length, check = self._index[action]
        if not self._made:
            try:
                # Another process may have made the file anew meanwhile: of the same source, it is the same.
                return operation(self._read(lambda file, head: _part(file, head["bytes"] + offset, length, check)))
            except _Unusable as reason:
                log.warning("a file of the cache is made anew", path=str(self._path), reason=str(reason))
                self._make()
        return operation(json.loads(self._made[action]))

    def _make(self) -> None:
        """Take the parts from botocore's file, and keep them."""
        # With it a process takes 0.1 s of the processor and 40 MB more: only where there is something to make.
        from kumoniwa.gateway.protocols.botocore_model import whole_model
        from kumoniwa.gateway.protocols.model import parts

        self._made = {action: _line(part) for action, part in parts(whole_model(self._service, self._version))}
        self._index, at = {}, 0
        for action, line in self._made.items():
            self._index[action] = (at, len(line), zlib.crc32(line))
            at += len(line)
        index = _line(self._index)
        head = {"format": FORMAT, "source": self._source, "bytes": len(index), "check": zlib.crc32(index)}
        try:
            _put(self._path, [_line(head), index, *self._made.values()])
        except OSError as failure:
            log.warning("a model is not kept, so starts take longer", path=str(self._path), reason=str(failure))

    def _read(self, what: Callable[[BinaryIO, Mapping[str, Any]], Any]) -> Any:
        """What the function reads of the file, behind its head, which it is given. Raises `_Unusable`."""
        try:
            if (reason := not_ours(self._path.parent)) is not None:
                raise _Unusable(reason.what)
            with self._path.open("rb") as file:
                head = json.loads(file.readline(_HEAD_AT_MOST))
                if (head["format"], head["source"]) != (FORMAT, self._source):
                    raise _Unusable("it was made of another model")
                return what(file, head)
        except (OSError, ValueError, OverflowError, KeyError, TypeError) as failure:
            raise _Unusable(f"it cannot be read: {failure}") from None


def _index(file: BinaryIO, head: Mapping[str, Any]) -> Any:
    return _checked(file, head["bytes"], head["check"])


def _part(file: BinaryIO, offset: int, length: int, check: int) -> Any:
    """`offset` is from the end of the head."""
    file.seek(offset, os.SEEK_CUR)
    return _checked(file, length, check)


def _checked(file: BinaryIO, length: int, check: int) -> Any:
    """The next so many bytes; as much memory is taken for them as is said, if the file has as many."""
    if length > os.fstat(file.fileno()).st_size:
        raise _Unusable("it is damaged")
    line = file.read(length)
    if len(line) != length or zlib.crc32(line) != check:
        raise _Unusable("it is damaged")
    return json.loads(line)


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _digest(service: str, version: str) -> str:
    """What changes with all that botocore's loader makes the model of. botocore itself is not imported for it."""
    found = find_spec("botocore")
    assert found is not None and found.submodule_search_locations is not None, "botocore is among our dependencies"
    folder = Path(found.submodule_search_locations[0]) / "data" / service / version
    digest = hashlib.sha256(f"format {FORMAT}".encode())
    for path in sorted(folder.glob("service-2.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _put(path: Path, lines: Iterable[bytes]) -> None:
    """Write a file whole or not at all. After a power failure it may be damaged, and is not believed then."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (reason := not_ours(path.parent)) is not None:
        raise OSError(reason.what)
    draft = path.with_suffix(f".{os.getpid()}.new")
    try:
        draft.write_bytes(b"".join(lines))
        draft.rename(path)
    except OSError:  # a full disk would be filled further by each start
        draft.unlink(missing_ok=True)
        raise
