"""What the table in the host's packet filter does to clients, and what it leaves alone: on a host of the test's own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_PROGRAM = Path(__file__).parent / "filtered_host.py"
_GUEST, _STOPPED, _OTHER_CLOUDS = "127.44.0.1", "127.44.0.2", "127.44.0.3"
_TABLE, _OTHER = "kumoniwa-1-1", "kumoniwa-1-2"
_ADMITTED: dict[str, Any] = {_GUEST: [["tcp", 80, 81], ["udp", 53, 60]], _STOPPED: None}


class Host:
    """`FilteredHost`, from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, name: str, *arguments: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, *arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the host is gone; what it said of that is above"
        return json.loads(line)

    def tables(self) -> list[str]:
        return sorted(self.ask("run", "nft", "list", "tables").split("\n")[:-1])


@pytest.fixture
def host(one_host: Host) -> Host:
    one_host.ask("be_as_before")
    return one_host


@pytest.fixture(scope="module")
def one_host(namespaces: None) -> Iterator[Host]:
    argv = [sys.executable, str(_PROGRAM)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Host(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(20)


def test_a_port_that_is_not_admitted_is_silent_and_one_that_is_answers_as_whoever_is_there(host: Host) -> None:
    for end in ((_GUEST, 80), (_GUEST, 82), (_STOPPED, 80), (_OTHER_CLOUDS, 82), ("127.0.0.1", 82)):
        host.ask("listen", "tcp", *end)
    for port in (53, 61):
        host.ask("listen", "udp", _GUEST, port)
    host.ask("ensure", _TABLE, _ADMITTED)
    assert host.ask("tcp", _GUEST, 80) == "open"
    assert host.ask("tcp", _GUEST, 81) == "refused", "it is admitted, and nobody listens"
    assert host.ask("tcp", _GUEST, 82) == "silent", "though the host itself has a program there"
    assert host.ask("tcp", _GUEST, 83) == "silent"
    assert host.ask("tcp", _STOPPED, 80) == host.ask("tcp", _STOPPED, 81) == "silent"
    assert host.ask("udp", _GUEST, 53) == host.ask("udp", _GUEST, 53, 60_000) == "open"
    assert host.ask("udp", _GUEST, 54) == "refused"
    assert host.ask("udp", _GUEST, 61) == host.ask("udp", _GUEST, 62) == host.ask("udp", _STOPPED, 53) == "silent"
    assert host.ask("ping", _GUEST) == host.ask("ping", _STOPPED) == "silent"
    for other in (_OTHER_CLOUDS, "127.0.0.1"):
        assert host.ask("tcp", other, 82) == host.ask("ping", other) == "open"
        assert host.ask("tcp", other, 83) == host.ask("udp", other, 53) == "refused"


def test_a_change_acts_at_once_both_ways_and_connections_go_on(host: Host) -> None:
    host.ask("listen", "tcp", _GUEST, 80)
    host.ask("ensure", _TABLE, _ADMITTED)
    host.ask("connect", _GUEST, 80)
    host.ask("ensure", _TABLE, {_GUEST: ["echo"], _STOPPED: None})
    assert host.ask("tcp", _GUEST, 80) == "silent"
    assert host.ask("ping", _GUEST) == "open"
    assert host.ask("still_connected")
    host.ask("ensure", _TABLE, {_STOPPED: [["tcp", 1, 65535]], _GUEST: [["tcp", 22, 22], ["tcp", 80, 80]]})
    assert host.ask("tcp", _GUEST, 80) == "open"
    assert host.ask("ping", _GUEST) == "silent"
    assert host.ask("tcp", _STOPPED, 80) == "refused"
    host.ask("ensure", _TABLE, {})
    assert host.ask("tcp", _GUEST, 81) == "refused", "it is no address of the cloud's any more"


def test_a_program_that_connects_from_such_an_address_is_answered(host: Host) -> None:
    host.ask("listen", "tcp", "127.0.0.1", 82)
    host.ask("ensure", _TABLE, _ADMITTED)
    assert host.ask("tcp", "127.0.0.1", 82, _GUEST) == "open"
    assert host.ask("tcp", "127.0.0.1", 83, _GUEST) == "refused"


def test_nothing_else_of_the_packet_filter_is_touched_and_nobody_else_touches_it(host: Host) -> None:
    host.ask("run", "nft", "add table ip firewall")
    host.ask("ensure", _TABLE, _ADMITTED)
    host.ask("ensure", _OTHER, {_OTHER_CLOUDS: None})
    assert host.tables() == ["table ip firewall", f"table ip {_TABLE}", f"table ip {_OTHER}"]
    assert "Operation not permitted" in host.ask("run", "nft", f"delete table ip {_TABLE}")
    host.ask("run", "nft", "flush ruleset")  # as reloading a firewall does
    assert host.tables() == [f"table ip {_TABLE}", f"table ip {_OTHER}"]
    host.ask("close", _OTHER)
    assert host.tables() == [f"table ip {_TABLE}"]
    assert host.ask("tcp", _OTHER_CLOUDS, 80) == "refused"
    assert host.ask("tcp", _GUEST, 22) == "silent"
    host.ask("close", _TABLE)
    assert host.tables() == []
    assert host.ask("tcp", _GUEST, 22) == "refused"


def test_nothing_is_left_of_it_when_its_process_is_killed(host: Host) -> None:
    during, after = host.ask("killed_with", _TABLE, _ADMITTED)
    assert (during, after) == (f"table ip {_TABLE}\n", "")
    host.ask("ensure", _TABLE, _ADMITTED)
    assert host.ask("tcp", _GUEST, 22) == "silent"
