"""The configuration: one frozen value, made once at the door. Nothing else reads the environment or settings files.

What each setting and variable means stands beside it, and becomes a line of `docs/reference/configuration.md`.
"""

import os
from dataclasses import field
from pathlib import Path
from typing import Annotated

from kumoniwa.values import dataclass

DEFAULT_PORT = 4566  # the port local AWS tooling expects
DEFAULT_ACCOUNT = "123456789012"  # AWS's own example account
DEFAULT_REGION = "us-east-1"
DRIVERS = ("qemu", "simulated")
NETWORKS = ("auto", "vpc", "user")
IMPORTS = "imports"
"""In the data folder: the folder of disks that may be imported. What its owner links there may lie anywhere."""


@dataclass(frozen=True, slots=True)
class Config:
    """How one cloud is run. Paths are absolute; times are in seconds."""

    data_dir: Annotated[Path, "The folder that holds everything the cloud knows: its database, its disks, its key."]
    host: Annotated[str, "The address on which the API listens."] = "127.0.0.1"
    port: Annotated[int, "The port on which the API listens; 0 takes any that is free."] = DEFAULT_PORT
    driver: Annotated[str, "What makes guests: qemu or simulated. A folder stays with its first one."] = "qemu"
    network: Annotated[
        str,
        "How guests are connected: vpc (they reach each other as their VPC has it), user (each is alone), or auto: vpc "
        "where this host lets us. A guest keeps what it has until it is stopped and started.",
    ] = "auto"
    host_filter: Annotated[
        bool,
        "Whether a server that may change this host's packet filter has a table of its own there, as long as it runs: "
        "it drops what is sent to the cloud's public addresses (127.x.y.z) and not admitted. Without it only the "
        "well-known ports of TCP are silent, and the host refuses others.",
    ] = True
    account: Annotated[str, "The account that owns everything."] = DEFAULT_ACCOUNT
    region: Annotated[str, "The region that `kumoniwa env` names. Every other region answers as well."] = DEFAULT_REGION
    # EC2's documented "four minutes"
    shutdown_deadline: Annotated[float, "How many seconds a guest may take to shut down before it is cut off."] = 240.0
    detach_deadline: Annotated[
        float, "How many seconds a guest may take to release a volume before its attachment is `busy`."
    ] = 120.0
    freeze: Annotated[
        bool,
        "Whether the file systems of running guests are frozen for snapshots, and for images without reboot, "
        "where the tag kumoniwa:freeze does not say otherwise.",
    ] = False
    import_from: Annotated[
        tuple[Path, ...],
        "The folders of which ImportSnapshot takes disks, beside `imports` in the data folder.",
    ] = ()
    database: Annotated[
        str,
        "The address of the PostgreSQL database that keeps the state, as libpq reads it (postgresql://…); without one "
        "the state is in a file of the data folder.",
    ] = field(default="", repr=False)
    ephemeral: Annotated[
        bool,
        "Whether nothing is to outlive the server: commits do not wait for the disk, simulated guests take no time.",
    ] = False


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that Kumoniwa reads, and what is taken where it is not set."""

    name: str
    means: str
    otherwise: str


DATA_DIR = Variable(
    "KUMONIWA_DATA_DIR",
    "The data folder of commands that are not given `--data-dir`.",
    "`kumoniwa` in the user's data folder: `$XDG_DATA_HOME`, or `~/.local/share`",
)
CACHE_DIR = Variable(
    "KUMONIWA_CACHE_DIR",
    "The folder that keeps built guest images, what servers need of botocore's models, and whether KVM works here.",
    "`kumoniwa` in the user's cache folder: `$XDG_CACHE_HOME`, or `~/.cache`",
)
NETWORK = Variable("KUMONIWA_NETWORK", "How guests are connected, where `--network` does not say so.", "`auto`")
DATABASE = Variable(
    "KUMONIWA_DATABASE",
    "The address of the PostgreSQL database, where `--database` does not give it. What it leaves out is taken from "
    "libpq's own variables and files: `PGPASSFILE`, `PGSERVICEFILE`, `PGPASSWORD`, ….",
    "the state is in the data folder",
)
VARIABLES = (DATA_DIR, CACHE_DIR, NETWORK, DATABASE)


def default_data_dir() -> Path:
    """Where a cloud lives where no option says so: `DATA_DIR`, else the user's data folder."""
    return _folder(DATA_DIR, "XDG_DATA_HOME", ".local/share")


def cache_dir() -> Path:
    """Where things are kept that can be made again: `CACHE_DIR`, else the user's cache folder."""
    return _folder(CACHE_DIR, "XDG_CACHE_HOME", ".cache")


def default_network() -> str:
    """How guests are connected where no option says so."""
    return os.environ.get(NETWORK.name) or "auto"


def default_database() -> str:
    """The address of the database that has the state, where no option gives it; empty where the data folder has it."""
    return os.environ.get(DATABASE.name, "")


def models_dir() -> Path:
    """Where what servers need of botocore's models is kept."""
    return cache_dir() / "models"


def has_display() -> bool:
    """Whether programs that this process starts can open a window."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def inherited_environment() -> dict[str, str]:
    """This process's environment, for the programs that the lab runs on the user's behalf (AWS CLI, SSH)."""
    return dict(os.environ)


def environment_of_a_cloud() -> dict[str, str]:
    """This process's environment, for a server on a folder of its own: the user's database is not that folder's."""
    return {name: value for name, value in os.environ.items() if name != DATABASE.name}


def _folder(variable: Variable, of_user: str, otherwise: str) -> Path:
    """The folder that the variable names, else ours in the user's, by the XDG Base Directory Specification.

    It says that a path which is not absolute is to be ignored.
    """
    if given := os.environ.get(variable.name):
        return Path(given).resolve()
    named = Path(os.environ.get(of_user, ""))
    return (named if named.is_absolute() else _home() / otherwise) / "kumoniwa"


def _home() -> Path:
    """The user's folder; the root where the user has none, as a number that a container runs as."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")
