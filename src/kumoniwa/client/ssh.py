"""How `kumoniwa ssh` reaches an instance: its address on this host, and the port that stands for its port 22."""

import contextlib
import re
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kumoniwa.client.access import CommandFailed
from kumoniwa.client.cloud import CloudClient
from kumoniwa.hypervisor.drivers import features_of

SSH_PORT = 22
_CONNECTS_WITHIN = 1.0  # seconds: nobody is answered while a guest boots, and the kernel tries again ever more seldom
_GREETS_WITHIN = 5.0
_LOOK_AGAIN = 1.0


def ssh_endpoint(cloud: CloudClient, instance_id: str) -> tuple[str, int]:
    """The host and port where an instance's SSH answers; `CommandFailed` says why it does not."""
    check_instance_id(instance_id)
    instance = cloud.instance(instance_id)
    if (state := instance["State"]["Name"]) != "running":
        raise CommandFailed(
            f"{instance_id} is {state}; only a running instance answers SSH.",
            way_out=f"Start it: aws ec2 start-instances --instance-ids {instance_id}",
        )
    forwards = cloud.evidence(f"instances/{instance_id}").get("forwards", [])
    endpoint = forward_to_ssh(instance_id, forwards)
    if not features_of(cloud.access.driver).answers_connections:
        raise CommandFailed(
            f"{instance_id} is simulated: no SSH answers there.",
            way_out=f"What it logged: aws ec2 get-console-output --instance-id {instance_id} --output text",
        )
    return endpoint


def await_ssh(endpoint: tuple[str, int], *, within: float, on_wait: Callable[[], None]) -> None:
    """Return once SSH says its first words there, or after so many seconds: then ssh itself tells what is wrong.

    A guest is reachable some seconds before its SSH server runs, at its first boot most of all. Where it has to be
    waited for, `on_wait` is called once.
    """
    until = time.monotonic() + within
    while not _greets(endpoint) and time.monotonic() < until:
        on_wait()
        on_wait = _nothing
        time.sleep(_LOOK_AGAIN)  # nothing tells that it listens now


def _greets(endpoint: tuple[str, int]) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(endpoint, timeout=_CONNECTS_WITHIN) as connection:
        connection.settimeout(_GREETS_WITHIN)
        return bool(connection.recv(1))
    return False


def _nothing() -> None:
    pass


def check_instance_id(text: str) -> None:
    """Raises `CommandFailed` for what cannot be the id of an instance, and so not be part of a path either."""
    if re.fullmatch(r"i-[0-9a-f]+", text) is None:
        raise CommandFailed(
            f"{text!r} is not the id of an instance, such as i-0123456789abcdef0.",
            way_out="aws ec2 describe-instances lists them.",
        )


def ssh_command(endpoint: tuple[str, int], *, user: str, key: Path | None, options: dict[str, str]) -> list[str]:
    """The command line of ssh, without what is to be run there."""
    host, port = endpoint
    argv = ["ssh", "-p", str(port)]
    if key is not None:
        argv += ["-i", str(key).replace("%", "%%"), "-o", "IdentitiesOnly=yes"]
    for name, value in options.items():
        argv += ["-o", f"{name}={value}"]
    return [*argv, f"{user}@{host}"]


def remembered_host_keys(data_dir: Path, instance: Mapping[str, Any]) -> dict[str, str]:
    """Options that know a guest by its instance's id: addresses are used again by other instances.

    And by its root volume's: host keys are on it, and where it is replaced there are others.
    """
    devices = {one["DeviceName"]: one["Ebs"]["VolumeId"] for one in instance.get("BlockDeviceMappings", ())}
    return {
        "HostKeyAlias": f"{instance['InstanceId']}.{devices.get(instance.get('RootDeviceName'), '')}",
        "UserKnownHostsFile": _path_for_ssh(data_dir / "known_hosts"),
        "StrictHostKeyChecking": "accept-new",
    }


def _path_for_ssh(path: Path) -> str:
    """A path as a value of ssh's configuration, which is split at blanks and where a percent sign begins a token."""
    text = str(path).replace("%", "%%")
    if not re.search(r"""[\s"'\\#]""", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def forward_to_ssh(instance_id: str, forwards: list[dict[str, Any]]) -> tuple[str, int]:
    """Which of an instance's forwards leads to its port 22; `CommandFailed` says why none does."""
    there = [forward for forward in forwards if (forward["protocol"], forward["guest_port"]) == ("tcp", SSH_PORT)]
    if not there:
        raise CommandFailed(
            f"{instance_id} is not to be reached on port {SSH_PORT}: it has no public address, or none of its security"
            " groups admits that port.",
            way_out="aws ec2 authorize-security-group-ingress --protocol tcp --port 22 … opens it.",
        )
    open_ones = [forward for forward in there if not forward.get("refused")]
    if not open_ones:
        raise CommandFailed(
            f"Port {SSH_PORT} of {instance_id} could not be opened on this host: {there[0]['refused']}.",
            way_out="End the program that has it: the port is tried again every minute.",
        )
    return str(open_ones[0]["host"]), int(open_ones[0]["port"])
