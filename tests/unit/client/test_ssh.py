"""How `kumoniwa ssh` finds its way."""

from pathlib import Path
from typing import Any

import pytest

from kumoniwa.client.access import CommandFailed
from kumoniwa.client.ssh import check_instance_id, forward_to_ssh, remembered_host_keys, ssh_command

INSTANCE = "i-0123456789abcdef0"


def forward(**changed: Any) -> dict[str, Any]:
    return {"protocol": "tcp", "host": "127.10.0.5", "port": 22, "guest_port": 22, "refused": None} | changed


def test_port_22_is_reached_where_it_is_forwarded() -> None:
    assert forward_to_ssh(INSTANCE, [forward(guest_port=80, port=80), forward()]) == ("127.10.0.5", 22)


def test_a_high_port_stands_in_where_the_host_forbids_low_ones() -> None:
    assert forward_to_ssh(INSTANCE, [forward(port=1046)]) == ("127.10.0.5", 1046)


def test_an_instance_that_admits_no_ssh_is_told_in_a_sentence() -> None:
    with pytest.raises(CommandFailed, match="none of its security groups admits"):
        forward_to_ssh(INSTANCE, [forward(guest_port=80), forward(protocol="udp")])


def test_a_port_that_the_host_refuses_is_told_with_its_reason() -> None:
    with pytest.raises(CommandFailed, match="another program listens there"):
        forward_to_ssh(INSTANCE, [forward(refused="another program listens there")])


@pytest.mark.parametrize("text", ["", "nope", "../images", "i-1/boots?x", "ami-0123456789abcdef0", "i-雲"])
def test_what_cannot_be_an_instances_id_is_never_asked_for(text: str) -> None:
    with pytest.raises(CommandFailed, match="is not the id of an instance"):
        check_instance_id(text)


def test_a_key_is_the_only_one_that_is_offered() -> None:
    argv = ssh_command(("127.10.0.5", 1046), user="admin", key=Path("me.pem"), options={"BatchMode": "yes"})
    assert argv == [
        *("ssh", "-p", "1046", "-i", "me.pem", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "admin@127.10.0.5")
    ]


def test_host_keys_are_remembered_by_instance_since_addresses_are_used_again() -> None:
    root = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-1"}}
    told = {"InstanceId": INSTANCE, "RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [root]}
    options = remembered_host_keys(Path("/cloud"), told)
    assert options["HostKeyAlias"] == f"{INSTANCE}.vol-1", "they are on the root volume, which may be replaced"
    assert options["UserKnownHostsFile"] == "/cloud/known_hosts"


@pytest.mark.parametrize(
    ("folder", "option"),
    [
        ("/a b", '"/a b/known_hosts"'),
        ("/p%41q", "/p%%41q/known_hosts"),
        ("/%h", "/%%h/known_hosts"),
        ('/a"b\\c', r'"/a\"b\\c/known_hosts"'),
        ("/雲", "/雲/known_hosts"),
    ],
)
def test_the_host_keys_of_a_folder_of_any_name_are_in_that_folder(folder: str, option: str) -> None:
    assert remembered_host_keys(Path(folder), {"InstanceId": INSTANCE})["UserKnownHostsFile"] == option


def test_a_percent_sign_in_the_path_of_a_key_is_no_token() -> None:
    argv = ssh_command(("127.10.0.5", 1046), user="admin", key=Path("100%h.pem"), options={})
    assert argv[argv.index("-i") + 1] == "100%%h.pem"
