"""How sockets keep the well-known ports of a cloud's addresses silent: which there are, and who goes before them."""

import errno
import resource
import socket
from collections.abc import AsyncIterator, Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from waiting import eventually_async

from kumoniwa.network.silence import silence as module
from kumoniwa.network.silence.admitted import Admitted
from kumoniwa.network.silence.host_filter import HostFilter
from kumoniwa.network.silence.libnftables import NftRefused
from kumoniwa.network.silence.silence import Silence
from kumoniwa.refusal import Refusal

pytestmark = pytest.mark.anyio

_FIRST, _SECOND = "127.63.0.1", "127.63.0.2"
_SILENT, _REFUSED = errno.EAGAIN, errno.ECONNREFUSED


class _Database:
    """Stands for a cloud's database, which knows what is admitted."""

    def __init__(self) -> None:
        self.changes = self
        self.admitted: dict[str, Admitted | None] = {}
        self._heard: Callable[[Any], None] = lambda changed: None

    async def read(self, work: Callable[[Any], Any]) -> Any:
        return dict(self.admitted)

    def follow(self, heard: Callable[[Any], None]) -> None:
        self._heard = heard

    def forget(self, heard: object) -> None: ...

    def change(self, **admitted: Admitted | None) -> None:
        self.admitted |= {address.replace("_", "."): one for address, one in admitted.items()}
        self._heard({"elastic_ips": None})


@pytest.fixture
def database() -> _Database:
    return _Database()


@pytest.fixture
async def silence(database: _Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Silence]:
    monkeypatch.setattr(module, "WELL_KNOWN", {"tcp": (8080, 9090)})
    monkeypatch.setattr("kumoniwa.network.silence.admitted.WELL_KNOWN", {"tcp": (8080, 9090)})
    monkeypatch.setattr(module, "_AGAIN_AFTER", (0.01,))
    made = Silence(database, tmp_path, filters=False)  # type: ignore[arg-type]
    await made.open()
    yield made
    await made.close()
    assert _tried(_FIRST, 8080) == _REFUSED, "the host is as it was"


def _tried(address: str, port: int) -> int:
    with socket.socket() as client:
        client.settimeout(0.2)
        return client.connect_ex((address, port))


async def _until(address: str, port: int, wanted: int) -> None:
    async def look() -> bool | None:
        return _tried(address, port) == wanted or None

    assert await eventually_async(look, within=20)


async def test_who_listens_for_a_guest_goes_before_and_is_not_disturbed(silence: Silence, database: _Database) -> None:
    database.admitted = {_FIRST: Admitted(), _SECOND: None}
    end = (IPv4Address(_FIRST), 8080)
    async with silence.making_way("i-1", ()):
        pass
    assert [_tried(address, port) for address in (_FIRST, _SECOND) for port in (8080, 9090)] == 4 * [_SILENT]
    assert silence.tell() == {"by": "sockets", "ports": 4, "why": "--no-host-filter has it so"}
    async with silence.making_way("i-1", [end]):
        listening = socket.create_server((_FIRST, 8080))
    assert _tried(_FIRST, 8080) == 0
    listening.close()
    async with silence.making_way("i-2", ()):
        pass
    assert _tried(_FIRST, 8080) == _REFUSED, "it is still the guest's, though nobody listens now"
    database.admitted[_FIRST] = None
    async with silence.making_way("i-2", ()):
        pass
    assert _tried(_FIRST, 8080) == _SILENT, "the guest has ended"
    database.admitted[_FIRST] = Admitted()
    async with silence.making_way("i-2", ()):
        pass
    assert _tried(_FIRST, 8080) == _SILENT, "the next one does not have that port"
    database.admitted[_FIRST] = Admitted((("tcp", 8000, 8100),))
    async with silence.making_way("i-2", ()):
        pass
    assert (_tried(_FIRST, 8080), _tried(_FIRST, 9090)) == (_REFUSED, _SILENT)


async def test_a_port_that_another_program_has_is_silent_once_it_ends(silence: Silence, database: _Database) -> None:
    with socket.create_server((_FIRST, 8080)):
        database.change(**{_FIRST.replace(".", "_"): None})
        await _until(_FIRST, 9090, _SILENT)
        assert _tried(_FIRST, 8080) == 0
    await _until(_FIRST, 8080, _SILENT)


async def test_where_there_are_too_many_the_first_port_is_silent_at_all_addresses(
    silence: Silence, database: _Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SOCKETS", 3)
    database.admitted = dict.fromkeys((_FIRST, _SECOND))
    async with silence.making_way("i-1", ()):
        pass
    found = [_tried(address, port) for port in (8080, 9090) for address in (_FIRST, _SECOND)]
    assert found == [_SILENT, _SILENT, _SILENT, _REFUSED]


async def test_it_takes_a_part_of_the_files_that_the_server_may_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (1024, 1024))
    assert module._most_sockets() == 128
    monkeypatch.setattr(resource, "getrlimit", lambda which: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert module._most_sockets() == module.MOST_SOCKETS


async def test_what_the_kernel_refuses_for_once_is_tried_again_and_addresses_that_were_given_back_stay(
    database: _Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Filter:
        tried: list[list[str]] = []  # noqa: RUF012 -- a test's own

        def ensure(self, admitted: dict[str, Admitted | None]) -> None:
            self.tried.append(list(admitted))
            if len(self.tried) == 1:
                raise NftRefused("Device or resource busy")

        def close(self) -> None:
            self.tried.append(["closed"])

    monkeypatch.setattr(module, "obstacle", lambda: None)
    monkeypatch.setattr(HostFilter, "of_folder", lambda folder: Filter())
    monkeypatch.setattr(module, "_AGAIN_AFTER", (0.01,))
    monkeypatch.setattr(module, "MOST_GIVEN_BACK", 1)
    database.admitted = {_FIRST: None}
    silence = Silence(database, tmp_path, filters=True)  # type: ignore[arg-type]
    await silence.open()
    assert silence.tell() == {"by": "filter"}

    async def twice() -> bool | None:
        return len(Filter.tried) == 2 or None

    assert await eventually_async(twice, within=20)
    for addresses in ([_SECOND], [], [_FIRST]):
        database.admitted = dict.fromkeys(addresses)
        async with silence.making_way("i-1", ()):
            pass
    await silence.close()
    assert Filter.tried == [[_FIRST], [_FIRST], [_FIRST, _SECOND], [_SECOND], [_SECOND, _FIRST], ["closed"]]


async def test_a_host_whose_filter_may_not_be_changed_has_sockets(
    database: _Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "obstacle", lambda: Refusal("this user may not", way_out="Be root."))
    database.admitted = {_FIRST: None}
    silence = Silence(database, tmp_path, filters=True)  # type: ignore[arg-type]
    await silence.open()
    assert silence.tell()["why"] == "this user may not"
    assert _tried(_FIRST, 8080) == _SILENT
    await silence.close()
