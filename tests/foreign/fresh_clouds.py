"""Clouds that nothing was ever made in: each a server process of its own, over a data folder of its own.

A first cloud is furnished once, with AMIs in every region, and ended. Each cloud of a test is a copy of its folder, so
that ids of AMIs are the same in all.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3
from cloud_process import BIN, CloudProcess, environment

ACCESS_KEY, SECRET = "FOOBARKEY", "FOOBARSECRET"
"""What the suites sign with."""
_NAMED = {"Name": "name", "Values": ["debian-12-amd64-simulated"]}


def furnish(folder: Path, images: Mapping[str, Mapping[str, Any]]) -> None:
    """Make the first cloud below `folder`, and write what stands for which AMI to `images.json` there.

    Each of `images` is registered in every region, of the snapshot that a simulated cloud has, with these parameters.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "cloud").mkdir(parents=True, mode=0o700)
    key = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET, "account": "123456789012"}
    credentials = folder / "cloud" / "credentials.json"
    credentials.touch(mode=0o600)
    credentials.write_text(json.dumps(key))
    cloud = CloudProcess(folder)
    cloud.start()
    try:
        made = {region: _registered(_client(cloud, region), images) for region in _regions(cloud)}
    finally:
        cloud.stop()
    (folder / "images.json").write_text(json.dumps(made))


def _client(cloud: CloudProcess, region: str) -> Any:
    return boto3.client(
        "ec2",
        region_name=region,
        endpoint_url=cloud.endpoint,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET,
    )


def _regions(cloud: CloudProcess) -> list[str]:
    answer = _client(cloud, "us-east-1").describe_regions(AllRegions=True)
    return [region["RegionName"] for region in answer["Regions"]]


def _registered(client: Any, images: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    (first,) = client.describe_images(Filters=[_NAMED])["Images"]
    ebs = {"SnapshotId": first["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]}
    return {
        stands_for: client.register_image(
            RootDeviceName="/dev/sda1", BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": ebs}], **parameters
        )["ImageId"]
        for stands_for, parameters in images.items()
    }


@dataclass(frozen=True, slots=True)
class FreshCloud:
    """A cloud that runs."""

    folder: Path
    endpoint: str
    pid: int

    def settled(self) -> bool:
        """Whether all that was begun there has ended."""
        database = f"file:{self.folder / 'cloud' / 'cloud.db'}?mode=ro"
        with closing(sqlite3.connect(database, uri=True)) as rows:
            (unfinished,) = rows.execute("SELECT count(*) FROM workflows WHERE finished_at IS NULL").fetchone()
        return bool(unfinished == 0)


class FreshClouds:
    """Hands out clouds like the furnished one, each once."""

    def __init__(self, furnished: Path, folder: Path) -> None:
        self._furnished = furnished
        self._folder = folder
        self._count = 0
        self._servers: subprocess.Popen[str] | None = None
        self._current: FreshCloud | None = None

    def __enter__(self) -> Self:
        command = [BIN / "python", Path(__file__).with_name("ready_servers.py")]
        env = {**environment(), "PYTHONPATH": str(Path(__file__).parents[1])}
        pipe = subprocess.PIPE
        self._servers = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._servers is not None and self._servers.stdin is not None and self._servers.stdout is not None
        self._end()
        self._servers.stdin.close()
        self._servers.wait(timeout=60)
        self._servers.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def fresh(self) -> FreshCloud:
        """Another cloud; the one before is ended, and its folder removed."""
        self._end()
        assert self._servers is not None and self._servers.stdin is not None and self._servers.stdout is not None
        self._count += 1
        folder = self._folder / str(self._count)
        shutil.copytree(self._furnished / "cloud", folder / "cloud")
        self._servers.stdin.write(f"{folder}\n")
        self._servers.stdin.flush()
        self._current = FreshCloud(folder, **json.loads(self._servers.stdout.readline()))
        return self._current

    def _end(self) -> None:
        if self._current is not None:
            os.kill(self._current.pid, signal.SIGKILL)
            shutil.rmtree(self._current.folder, ignore_errors=True)
            self._current = None
