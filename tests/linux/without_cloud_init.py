"""The Debian image for guests whose tests are about something else than cloud-init, which does nothing in them.

Of what such a guest takes of an emulated processor until it comes to rest, cloud-init is more than half, and not before
somebody can log in. What it would have done by then for who logs in is in the image.
"""

import asyncio
from pathlib import Path

from raw_disk import change, raw, root_partition

from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.images import NewImage, import_image
from kumoniwa.guest_image import debian12
from kumoniwa.key_pairs.key_material import ED25519, PEM, generate

_DISABLED = "/etc/cloud/cloud-init.disabled"
_HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
_SSH = "/home/admin/.ssh"
_ADMIN = 1000
_WAITER = "systemd-networkd-wait-online.service"
_WAITS = f"symlink /etc/systemd/system/multi-user.target.wants/{_WAITER} /lib/systemd/system/{_WAITER}"
"""A machine that is to be saved waits for a network. It is cloud-init that has others wait."""


def debian_without_cloud_init(cloud: CloudClient, folder: Path, *, admits: str = "") -> str:
    """An AMI whose guests have no cloud-init; gives its id.

    They admit this public key, and all have one host key; where none is named, they have no keys at all, and are to be
    launched from memory, with those of their own.
    """
    built = asyncio.run(debian12.ensure_built(lambda what, percent: None))
    disk = raw(built, folder / "without-cloud-init.raw")
    begins, _ = root_partition(disk)
    (nothing := folder / "nothing").touch()
    change(disk, begins, f"write {nothing} {_DISABLED}", *(_keys(folder, admits) if admits else [_WAITS]))
    try:
        return import_image(cloud, disk, NewImage("debian-12-without-cloud-init"), lambda what, percent: None)
    finally:
        disk.unlink()


def _keys(folder: Path, admits: str) -> list[str]:
    """The commands that write what sshd asks for."""
    host_key = generate(ED25519, PEM, "")
    texts = {f"{_SSH}/authorized_keys": admits, _HOST_KEY: host_key.private}
    commands = [f"mkdir {_SSH}", *_owned(_SSH, "040700", _ADMIN)]
    for path, text in texts.items():
        written = folder / Path(path).name
        written.write_text(f"{text.strip()}\n")
        commands += [f"write {written} {path}", *_owned(path, "0100600", _ADMIN if path.startswith(_SSH) else 0)]
    return commands


def _owned(path: str, mode: str, owner: int) -> list[str]:
    fields = {"mode": mode, "uid": owner, "gid": owner}
    return [f"set_inode_field {path} {field} {value}" for field, value in fields.items()]
