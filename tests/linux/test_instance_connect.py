"""EC2 Instance Connect: a real guest admits a key that was sent for one of its users, and no other, for a minute."""

import subprocess
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from shared_guest import SharedGuest
from waiting import NotYet, eventually

from kumoniwa.client.access import Access
from kumoniwa.key_pairs.key_material import ED25519, PEM, generate

pytestmark = [pytest.mark.linux, pytest.mark.timeout(600)]

_OPTIONS = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=20")


def _client(access: Access) -> Any:
    return botocore.session.get_session().create_client(
        "ec2-instance-connect",
        region_name=access.region,
        endpoint_url=access.endpoint,
        aws_access_key_id=access.access_key_id,
        aws_secret_access_key=access.secret_access_key,
    )


def _logs_in(key: Path, user: str, address: str) -> str:
    """What the guest says to a login with this key alone: the user's name, or ssh's refusal."""
    options = [word for one in (*_OPTIONS, "IdentitiesOnly=yes", "BatchMode=yes") for word in ("-o", one)]
    ended = subprocess.run(
        ["ssh", "-i", str(key), *options, f"{user}@{address}", "id -un"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return (ended.stdout if ended.returncode == 0 else ended.stderr).strip()


@pytest.mark.some_of("tests of the shared guest", 2)
def test_a_guest_admits_a_key_for_a_minute_and_for_one_user(shared_guest: SharedGuest, tmp_path: Path) -> None:
    made, key = generate(ED25519, PEM, ""), tmp_path / "key.pem"
    key.write_text(made.private)
    key.chmod(0o600)
    address = str(shared_guest.instance()["PublicIpAddress"])
    assert "Permission denied" in _logs_in(key, "admin", address)
    sent = {"InstanceId": shared_guest.instance_id, "InstanceOSUser": "admin", "SSHPublicKey": made.public.openssh}
    assert _client(shared_guest.cloud.access).send_ssh_public_key(**sent)["Success"] is True
    assert _logs_in(key, "admin", address) == "admin"
    assert "Permission denied" in _logs_in(key, "root", address)

    def is_over() -> bool:
        said = _logs_in(key, "admin", address)
        if "Permission denied" not in said:
            raise NotYet(said)
        return True

    assert eventually(is_over, within=120, every=15)  # each look takes the guest a second or two
    assert shared_guest.login.run("id -un") == "admin", "the guest's own key opens it as before"
