"""What is sealed on the host's disk: it opens with its key alone, and only whole."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.hypervisor.qemu.guest.memory import sealed
from kumoniwa.hypervisor.qemu.guest.memory.sealed import CHUNK, NotOpened, Stopped

_KEY = b"k" * sealed.KEY_BYTES
_MARKER = b"a secret that the guest had in its memory"


@contextmanager
def _fed(data: bytes) -> Iterator[int]:
    """The end of a pipe from which this comes, as from a program that runs beside."""
    reader, writer = os.pipe()

    def feed() -> None:
        with os.fdopen(writer, "wb") as end:
            end.write(data)

    feeding = threading.Thread(target=feed)
    feeding.start()
    yield reader
    os.close(reader)
    feeding.join()


def _sealed(path: Path, data: bytes, key: bytes = _KEY) -> int:
    with _fed(data) as source, path.open("wb") as target:
        return sealed.seal(key, b"head", source, target.fileno(), stop=threading.Event())


def _opened(path: Path, key: bytes = _KEY) -> bytes:
    reader, writer = os.pipe()
    found: list[bytes] = []

    def drain() -> None:
        with os.fdopen(reader, "rb") as end:
            found.append(end.read())

    draining = threading.Thread(target=drain)
    draining.start()
    try:
        with path.open("rb") as source:
            sealed.unseal(key, source.fileno(), writer, stop=threading.Event())
    finally:
        os.close(writer)
        draining.join()
    return found[0]


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_is_sealed_comes_out_as_it_was(tmp_path: Path, length: int) -> None:
    data, path = os.urandom(length), tmp_path / "sealed"
    assert _sealed(path, data) == path.stat().st_size
    assert _opened(path) == data
    with path.open("rb") as source:
        assert sealed.read_head(_KEY, source.fileno()) == b"head"


def test_nothing_of_it_is_in_the_clear_and_no_two_files_are_alike(tmp_path: Path) -> None:
    files = [tmp_path / "one", tmp_path / "other"]
    for path in files:
        _sealed(path, _MARKER * 1000)
        assert _MARKER not in path.read_bytes()
        assert b"head" not in path.read_bytes()
    first, second = (path.read_bytes() for path in files)
    assert first[100:200] != second[100:200], "a key is never used twice"


def test_with_another_key_it_does_not_open(tmp_path: Path) -> None:
    path = tmp_path / "sealed"
    _sealed(path, _MARKER)
    with pytest.raises(NotOpened, match="another key"):
        _opened(path, b"o" * sealed.KEY_BYTES)


@given(data=st.data())
def test_whatever_is_changed_or_missing_is_seen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("sealed") / "sealed"
    _sealed(path, b"x" * (CHUNK + 10))
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    bent = bytearray(whole)
    bent[at] ^= data.draw(st.integers(1, 255))
    for torn in (whole[:at], bytes(bent)):
        path.write_bytes(torn)
        with pytest.raises(NotOpened):
            _opened(path)


def test_chunks_in_another_order_do_not_open(tmp_path: Path) -> None:
    path = tmp_path / "sealed"
    _sealed(path, os.urandom(2 * CHUNK))
    whole = path.read_bytes()
    length = 4 + CHUNK + 16
    begin = len(whole) - 2 * length
    path.write_bytes(whole[:begin] + whole[begin + length :] + whole[begin : begin + length])
    with pytest.raises(NotOpened):
        _opened(path)


def test_a_reader_that_goes_early_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "sealed"
    _sealed(path, b"x" * (2 * CHUNK))
    reader, writer = os.pipe()
    os.close(reader)
    with path.open("rb") as source:
        sealed.unseal(_KEY, source.fileno(), writer, stop=threading.Event())
    os.close(writer)


def test_it_ends_when_it_is_stopped_though_nobody_writes_or_reads(tmp_path: Path) -> None:
    path, stop, (reader, writer) = tmp_path / "sealed", threading.Event(), os.pipe()
    _sealed(path, b"x" * (2 * CHUNK))
    stop.set()
    with path.open("rb") as source, pytest.raises(Stopped):
        sealed.unseal(_KEY, source.fileno(), writer, stop=stop)
    with (tmp_path / "other").open("wb") as target, pytest.raises(Stopped):
        sealed.seal(_KEY, b"", reader, target.fileno(), stop=stop)
    os.close(reader)
    os.close(writer)


def test_what_has_no_room_ends_it(tmp_path: Path) -> None:
    def check_room() -> None:
        raise OSError("full")

    with (
        _fed(b"") as source,
        (tmp_path / "sealed").open("wb") as target,
        pytest.raises(OSError, match="full"),
    ):
        sealed.seal(_KEY, b"", source, target.fileno(), stop=threading.Event(), check_room=check_room)
