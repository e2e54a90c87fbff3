"""Ansible's collection amazon.aws: playbooks of ours, its inventory, and its own integration targets."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cloud_process import Sdk
from other_clients import OtherClient

pytestmark = [pytest.mark.clients, pytest.mark.every_client, pytest.mark.timeout(1800)]

_HERE = Path(__file__).parent
_RECAP = re.compile(r"^(?:localhost|testhost) +: (.*)$", re.MULTILINE)


@pytest.fixture
def ansible(other_client: Callable[[str], OtherClient]) -> OtherClient:
    return other_client("ansible")


def _played(ansible: OtherClient, playbook: Path, *words: object, **changed: str) -> dict[str, int]:
    """How many tasks were ok, changed and so on. None has failed that was to go well."""
    python = ansible.folder / "bin" / "python"
    begin = ("-i", "localhost,", "-e", f"ansible_python_interpreter={python}")
    said = ansible.output(
        ansible.folder / "bin" / "ansible-playbook",
        *begin,
        *words,
        playbook,
        seconds=1500,
        ANSIBLE_NOCOLOR="1",
        **changed,
    )
    (recap,) = _RECAP.findall(said)
    return {name: int(number) for name, number in (pair.split("=") for pair in recap.split())}


def _snapshots(ec2: Any) -> list[str]:
    return [snapshot["SnapshotId"] for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]]


def test_a_site_is_made_once_is_in_the_inventory_and_goes(ansible: OtherClient, sdk: Sdk, tmp_path: Path) -> None:
    ec2, told = sdk.client(), tmp_path / "told.json"
    before = _snapshots(ec2)
    first = _played(ansible, _HERE / "site.yml", "-e", f"told={told}")
    assert first["changed"] > 15, first
    made: Mapping[str, Any] = json.loads(told.read_text())
    (tree,) = made["instances"]
    assert (made["account"], tree["key_name"], tree["instance_type"]) == ("123456789012", "garden", "t3.small")
    second = _played(ansible, _HERE / "site.yml", "-e", f"told={tmp_path / 'again.json'}")
    assert (second["changed"], second["skipped"]) == (1, 1), "only the file that says what was made is another one"

    inventory = json.loads(
        ansible.output(ansible.folder / "bin" / "ansible-inventory", "-i", _HERE / "aws_ec2.yml", "--list", seconds=300)
    )
    assert inventory["team_garden"]["hosts"] == ["tree"]
    host = inventory["_meta"]["hostvars"]["tree"]["ansible_host"]  # marked as of elsewhere, not to be a template
    assert host in ({"__ansible_unsafe": made["address"]}, made["address"])

    gone = _played(ansible, _HERE / "gone.yml", "-e", json.dumps({"made": made}))
    assert gone["changed"] > 10, gone
    assert [one for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]] == []
    assert ec2.describe_addresses()["Addresses"] == ec2.describe_volumes()["Volumes"] == []
    assert _snapshots(ec2) == before
