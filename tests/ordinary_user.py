"""Commands as a user without any privilege, for tests that run as root."""

import os
import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path

USER = "nobody"
# What the user may open is in a mount namespace of its own: on some machines /dev/net/tun is root's alone.
_PREPARED = (
    "mount -t tmpfs none /dev/net && mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun && "
    'exec setpriv --reuid "$0" --regid "$1" --clear-groups --inh-caps=-all --bounding-set=-all "${@:2}"'
)


def command(argv: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The command that runs another as this user, with a usable /dev/net/tun."""
    user = pwd.getpwnam(USER)
    told = [f"{name}={value}" for name, value in environment.items()]
    prepared = ["bash", "-c", _PREPARED, str(user.pw_uid), str(user.pw_gid)]
    return ["unshare", "--mount", *prepared, "env", *told, *argv]


def give(folder: Path) -> None:
    """The folder is this user's."""
    user = pwd.getpwnam(USER)
    os.chown(folder, user.pw_uid, user.pw_gid)
