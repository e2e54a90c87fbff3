"""The guest image's scripts configure a network interface: `guest_interface.py` runs them, on this host's kernel."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import guest_interface
import pytest

pytestmark = pytest.mark.usefixtures("namespaces")

# What the scripts write is below a /run of their own, and /sys shows the namespace's interfaces.
_PREPARED = 'mount -t tmpfs none /run && mount -t sysfs none /sys && exec "$@"'


@pytest.fixture(scope="module")
def saw(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("interface")
    networkctl = folder / "networkctl"
    networkctl.write_text(f'#!/bin/sh\necho "$@" >> {folder}/reloads\n')
    networkctl.chmod(0o755)
    program = [sys.executable, guest_interface.__file__, str(folder)]
    ran = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", _PREPARED, "sh", *program],
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    seen: dict[str, Any] = json.loads(ran.stdout)
    return seen


def test_a_further_interface_has_its_routes_in_a_table_of_its_own(saw: dict[str, Any]) -> None:
    lines = saw["file"].splitlines()
    assert f"MACAddress={saw['mac']}" in lines
    assert "DHCP=ipv4" in lines
    assert f"RouteTable={10000 + saw['index']}" in lines


def test_every_address_that_the_metadata_lists_is_the_interfaces_and_has_a_rule(saw: dict[str, Any]) -> None:
    assert saw["all listed"] == {
        "addresses": ["10.0.1.31/24", "10.0.1.40/32", "10.0.1.41/32"],
        "rules": ["10.0.1.31", "10.0.1.40", "10.0.1.41"],
    }


def test_addresses_come_and_go_as_the_metadata_lists_them(saw: dict[str, Any]) -> None:
    replaced = {
        "addresses": ["10.0.1.31/24", "10.0.1.41/32", "10.0.1.42/32"],
        "rules": ["10.0.1.31", "10.0.1.41", "10.0.1.42"],
    }
    assert saw["one replaced"] == replaced
    assert saw["put back"] == replaced


def test_nothing_changes_while_the_metadata_says_nothing(saw: dict[str, Any]) -> None:
    assert saw["nothing listed"] == saw["one replaced"]
    assert saw["ended"] is None


def test_an_interface_that_is_detached_leaves_no_rule_and_no_file(saw: dict[str, Any]) -> None:
    assert saw["stopped"]["rules"] == []
    assert saw["files"] == []
    assert saw["reloads"] == "reload\nreload\n"
