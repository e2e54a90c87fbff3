"""The configuration: one frozen value, made once at the door. Nothing else reads the environment or settings files."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

DEFAULT_PORT = 4566  # the port local AWS tooling expects
DEFAULT_ACCOUNT = "123456789012"  # AWS's own example account
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Config:
    """How one cloud is run. Paths are absolute; times are in seconds."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    driver: str = "qemu"
    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION
    shutdown_deadline: float = 240.0  # how long a guest may take to power off: EC2's documented "four minutes"
    detach_deadline: float = 120.0  # how long a guest may take to let a volume go
    freeze: bool = False  # whether running guests' file systems are frozen for cuts where a request says nothing
    start_deadline: float = 60.0  # how long QEMU may take until its vCPUs run


def default_data_dir() -> Path:
    """Where a cloud lives unless told otherwise: `$KUMONIWA_DATA_DIR`, else the user's data folder."""
    if told := os.environ.get("KUMONIWA_DATA_DIR"):
        return Path(told).resolve()
    return Path(platformdirs.user_data_path("kumoniwa"))


def cache_dir() -> Path:
    """Where built guest images are kept between runs: `$KUMONIWA_CACHE_DIR`, else the user's cache folder."""
    if told := os.environ.get("KUMONIWA_CACHE_DIR"):
        return Path(told).resolve()
    return Path(platformdirs.user_cache_path("kumoniwa"))


def inherited_environment() -> dict[str, str]:
    """This process's environment, for the programs that the lab runs on the user's behalf (AWS CLI, SSH)."""
    return dict(os.environ)
