"""Hibernation of a real Linux: its processes go on, and nothing of its memory is in the clear on the host's disk."""

import secrets
import time
from pathlib import Path
from typing import Any

from debian_guest import Login, login_to, until
from waiting import NotYet, eventually

from kumoniwa.client.access import Refused
from kumoniwa.client.cloud import CloudClient

_COUNTS = "i=0; while :; do i=$((i+1)); echo $i > /dev/shm/counter; sleep 0.2; done"


def goes_on_where_it_stood(cloud: CloudClient, data_dir: Path, login: Login, key: Path) -> Login:
    """Hibernate a guest that is configured for it, and start it: nothing in it has noticed. Gives the way in, anew."""
    marker, boot_id = secrets.token_hex(32), login.run("cat /proc/sys/kernel/random/boot_id")
    login.run(f"echo {marker} > /dev/shm/marker")
    counting = login.run(f"setsid nohup sh -c '{_COUNTS}' > /dev/null 2>&1 & echo $!")
    address = cloud.instance(login.instance_id)["PrivateIpAddress"]

    _hibernate(cloud, login.instance_id)
    login.reconnect()
    until(lambda: cloud.instance(login.instance_id)["State"], "Name", "stopped", 120)
    assert cloud.instance(login.instance_id)["StateReason"]["Code"] == "Client.UserInitiatedHibernate"
    _holds_nothing_in_the_clear(data_dir / "guests" / login.instance_id, marker.encode())

    cloud.call("StartInstances", InstanceIds=[login.instance_id])
    until(lambda: cloud.instance(login.instance_id)["State"], "Name", "running", 120)
    login = login_to(cloud, login.instance_id, key)
    assert login.run("cat /proc/sys/kernel/random/boot_id") == boot_id
    assert login.run("cat /dev/shm/marker") == marker
    assert login.run(f"tr '\\0' ' ' < /proc/{counting}/cmdline").startswith("sh -c i=0")
    assert _counts_on(login)
    assert abs(float(login.run("date +%s.%N")) - time.time()) < 10, "its agent was told the time"
    assert cloud.instance(login.instance_id)["PrivateIpAddress"] == address
    evidence = cloud.evidence(f"instances/{login.instance_id}/boots")
    assert len(evidence["boots"]) == 1
    [hibernation] = evidence["hibernations"]
    assert (hibernation["ended_at"], hibernation["because"]) == (None, None)
    assert hibernation["resumed_at"] > hibernation["suspended_at"]
    assert not list((data_dir / "guests" / login.instance_id).glob("suspended*")), "it is used once"
    login.run(f"kill {counting}; rm /dev/shm/counter /dev/shm/marker")
    return login


def _hibernate(cloud: CloudClient, instance_id: str) -> None:
    """As soon as it is ready."""

    def ask() -> dict[str, Any]:
        try:
            return cloud.call("StopInstances", InstanceIds=[instance_id], Hibernate=True)
        except Refused as early:
            if "is not ready to hibernate yet" not in str(early):
                raise
            raise NotYet(str(early)) from early

    eventually(ask, within=120, every=1)


def _holds_nothing_in_the_clear(folder: Path, marker: bytes) -> None:
    kept = folder / "suspended"
    assert kept.stat().st_size > 50 * 1024 * 1024, "a Linux is in it"
    assert kept.stat().st_mode & 0o077 == 0
    for file in folder.iterdir():
        if file.is_file():
            assert marker not in file.read_bytes(), f"{file.name} has what was in the guest's memory"


def _counts_on(login: Login) -> bool:
    first = int(login.run("cat /dev/shm/counter"))

    def further() -> bool:
        if int(login.run("cat /dev/shm/counter")) <= first:
            raise NotYet(f"it is {first} still")
        return True

    return eventually(further, within=30, every=0.5)
