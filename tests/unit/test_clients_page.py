"""docs/clients.md names the versions that are installed."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_ROWS = re.findall(r"^\| ([^|]+?) \| ([0-9][^|]*?) \|", (ROOT / "docs" / "clients.md").read_text(), re.MULTILINE)
PAGE = dict(_ROWS)


@pytest.mark.parametrize(
    ("client", "lock", "package"),
    [
        ("Ansible", "tests/clients/ansible/requirements.lock", "ansible"),
        ("Apache Libcloud", "tests/clients/libcloud/requirements.lock", "apache-libcloud"),
        ("Cloud Custodian", "tests/clients/custodian/requirements.lock", "c7n"),
        ("boto 2", "tests/clients/boto2/requirements.lock", "boto"),
        ("boto3", "requirements.lock", "boto3"),
    ],
)
def test_the_page_of_clients_says_the_version_that_is_locked(client: str, lock: str, package: str) -> None:
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))
    assert locked[package] == PAGE[client]


def test_the_page_of_clients_says_the_version_of_the_sdk_for_javascript() -> None:
    lock = json.loads((ROOT / "tests/clients/javascript/package-lock.json").read_text())
    assert lock["packages"]["node_modules/@aws-sdk/client-ec2"]["version"] == PAGE["SDK for JavaScript v3"]
