"""How a running cloud is found, and with which key it is called.

While a server runs, its data folder holds `server.json` (where it listens) beside `credentials.json` (its key).
What goes wrong on the way to a cloud is a `CommandFailed`, whose text is a sentence for the person at the terminal.
"""

import json
import shlex
from dataclasses import field
from pathlib import Path
from typing import Any

from kumoniwa.config import default_data_dir
from kumoniwa.folder import holders, not_ours, read_private
from kumoniwa.refusal import Refusal
from kumoniwa.values import dataclass

_SERVICES = ("EC2", "IAM", "STS", "SSM", "CLOUDTRAIL", "EC2_INSTANCE_CONNECT")
UNSET = (
    *("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
    *(f"AWS_ENDPOINT_URL_{service}" for service in _SERVICES),
)
"""What would send the AWS CLI elsewhere, or make it sign with something else, though `environment` is set."""


class CommandFailed(Refusal):
    """A command could not do what it is for."""


class NoCloud(CommandFailed):
    """No server runs on that data folder."""

    def __init__(self, data_dir: Path) -> None:
        option = "" if data_dir == default_data_dir() else f" --data-dir {shlex.quote(str(data_dir))}"
        super().__init__(
            f"No cloud is running in {data_dir}.", way_out=f"Start one in another terminal: kumoniwa serve{option}"
        )
        self.data_dir = data_dir


class Refused(CommandFailed):
    """The cloud refused a call, with EC2's code and message."""

    def __init__(self, action: str, code: str, message: str) -> None:
        Exception.__init__(self, f"{action} was refused: {message} ({code})")  # its words are EC2's
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Access:
    """Where a cloud listens, and the key that it knows."""

    data_dir: Path
    endpoint: str
    region: str
    account: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    pid: int
    driver: str = "qemu"

    def environment(self) -> dict[str, str]:
        """What the AWS CLI and the SDKs need in their environment to speak with this cloud."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }


def find_cloud(data_dir: Path) -> Access:
    """The cloud whose data folder this is; `NoCloud` where none runs."""
    try:
        if (reason := not_ours(data_dir)) is not None:
            raise CommandFailed(f"The data folder {data_dir} cannot be used: {reason.what}", way_out=reason.way_out)
        server = json.loads(read_private(data_dir / "server.json"))
        key = json.loads(read_private(data_dir / "credentials.json"))
        return _access(data_dir, server, key)
    except FileNotFoundError:
        raise NoCloud(data_dir) from None
    except PermissionError as refused:
        raise CommandFailed(
            f"{refused.filename} belongs to another user.", way_out="Run this as the one who runs the cloud."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise CommandFailed(
            f"{data_dir}/server.json or credentials.json is not what a server writes there.",
            way_out="Start the server again: it writes them anew where they are moved away.",
        ) from None


def exports(access: Access) -> str:
    """Shell lines that point the AWS CLI and the SDKs at a cloud, to be evaluated."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in access.environment().items()]
    return "\n".join([*lines, f"unset {' '.join(UNSET)}"])


def _access(data_dir: Path, server: dict[str, Any], key: dict[str, Any]) -> Access:
    # A server that was killed leaves its file behind, and its process id to whoever comes next: its lock ended with it.
    if int(server["pid"]) not in holders(data_dir):
        raise NoCloud(data_dir)
    return Access(
        data_dir=data_dir,
        endpoint=server["endpoint"],
        region=server["region"],
        account=server["account"],
        access_key_id=key["access_key_id"],
        secret_access_key=key["secret_access_key"],
        pid=int(server["pid"]),
        driver=server.get("driver", "qemu"),
    )
