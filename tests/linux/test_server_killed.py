"""`kill -9` of the server in the middle of CreateImage, a real guest being down: nothing that was promised is lost."""

from pathlib import Path

import pytest
from debian_guest import until
from server import Server
from shared_guest import MADE, SharedGuest

from kumoniwa.folder import processes_of

pytestmark = [pytest.mark.linux, pytest.mark.timeout(1200)]


@pytest.mark.some_of("tests of the shared guest", 2)
def test_a_server_killed_while_the_guest_is_down_for_an_image_boots_it_again_after_its_restart(
    shared_guest: SharedGuest,
) -> None:
    server, cloud, login = shared_guest.server, shared_guest.cloud, shared_guest.login
    instance_id = login.instance_id
    shared_guest.attach("/dev/sdf")
    boots_before, syncs = shared_guest.boots(), int(login.run(_COUNT_SYNCS))
    before, first_boot = cloud.instance(instance_id), login.run("cat /proc/sys/kernel/random/boot_id")
    login.run(f"echo at rest | sudo tee {MADE}/marker")

    image_id = cloud.call("CreateImage", InstanceId=instance_id, Name="golden")["ImageId"]
    server.wait_for(lambda line: line.get("kind") == "shut-down", 120)
    server.kill()
    [guest] = _guests(server)

    cloud = shared_guest.restart_server()
    assert _guests(server) == [guest], "the guest's process outlived the server and was adopted"
    image = until(lambda: cloud.call("DescribeImages", ImageIds=[image_id])["Images"][0], "State", "available", 120)
    assert [device["DeviceName"] for device in image["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdf"]
    login.reconnect()
    after = cloud.instance(instance_id)
    assert {key: after[key] for key in _KEPT} == {key: before[key] for key in _KEPT}
    second_boot = login.run("cat /proc/sys/kernel/random/boot_id")
    assert second_boot != first_boot
    assert login.run(f"cat {MADE}/marker") == "at rest"
    assert "/20 " in login.run("ip -o -4 addr show scope global"), "its subnet's prefix, though it is alone"
    boots = shared_guest.boots()
    assert [boot["action"] for boot in boots] == [*(boot["action"] for boot in boots_before), "CreateImage"]
    assert boots[-2]["end_clean"] is True
    assert cloud.evidence(f"images/{image_id}")["consistency"] == "at-rest"
    until(lambda: {"seen": int(login.run(_COUNT_SYNCS))}, "seen", syncs + 1, 60)

    shared_guest.terminate()
    assert _guests(server) == []


_COUNT_SYNCS = "sudo grep -c 'Syncing filesystems' /var/log/messages || true"
_KEPT = ("State", "LaunchTime", "PublicIpAddress", "PrivateIpAddress", "BlockDeviceMappings", "StateTransitionReason")


def _guests(server: Server) -> list[int]:
    """The guests' processes of this cloud."""
    return [pid for pid in processes_of(server.data_dir) if b"qemu-system" in Path(f"/proc/{pid}/cmdline").read_bytes()]
