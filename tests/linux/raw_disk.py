"""The Debian image as a raw disk, whose files are changed without mounting it."""

import json
import subprocess
from pathlib import Path


def raw(built: Path, disk: Path) -> Path:
    """The built image as a raw disk, partitioned by GPT."""
    run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(built), str(disk))
    return disk


def root_partition(disk: Path) -> tuple[int, int]:
    """Where the image's root file system begins, and its size, in bytes."""
    table = json.loads(run("sfdisk", "--json", str(disk)))["partitiontable"]
    [root] = [one for one in table["partitions"] if one["node"].endswith(("raw1", "rawp1"))]
    return root["start"] * 512, root["size"] * 512


def change(disk: Path, begins: int, *commands: str) -> None:
    """Have debugfs(8) carry out the commands on the file system that begins there."""
    told = "".join(f"{command}\n" for command in commands)
    argv = ["debugfs", "-w", f"{disk}?offset={begins}"]
    ended = subprocess.run(argv, input=told, check=True, capture_output=True, text=True, timeout=180)
    refused = [line for line in ended.stderr.splitlines() if not line.startswith("debugfs ")]  # its version
    assert not refused, f"it ends well whatever happens: {refused}"


def run(*argv: str, told: str = "") -> str:
    """What a program prints. Raises `subprocess.SubprocessError` where it fails."""
    return subprocess.run(argv, input=told, check=True, capture_output=True, text=True, timeout=180).stdout
