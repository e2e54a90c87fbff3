"""A real server process for the tests of a module, and AWS's own programs as its clients."""

import json
from collections.abc import Iterator
from pathlib import Path

import botocore
import pytest
from cloud_process import AwsCli, CloudProcess, Sdk, environment

__all__ = ["aws", "aws_environment", "cloud", "sdk", "waiters"]

_WAITERS = "ec2/2016-11-15/waiters-2.json"


@pytest.fixture(scope="session")
def waiters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AWS's own waiters, which look every 15 seconds: these look every second, and are the same otherwise."""
    folder = tmp_path_factory.mktemp("models")
    waiters = json.loads((Path(botocore.__file__).parent / "data" / _WAITERS).read_text())
    for waiter in waiters["waiters"].values():
        waiter["delay"] = 1
    path = folder / _WAITERS
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(waiters))
    return folder


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudProcess]:
    """A cloud for the tests of a module; at its end it has made no mistake of its own, and ends when told."""
    with CloudProcess(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud
        mistakes = [line for line in cloud.logged() if line["level"] not in ("debug", "info", "warning")]
        assert cloud.stop() == 0
    assert mistakes == []


@pytest.fixture(scope="module")
def aws_environment(cloud: CloudProcess, waiters: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of the AWS CLI, which finds the module's cloud by it."""
    return {
        **environment(),
        **cloud.environment(),
        "HOME": str(tmp_path_factory.mktemp("home")),  # no settings of the person who runs the tests
        "AWS_DATA_PATH": str(waiters),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


@pytest.fixture(scope="module")
def aws(aws_environment: dict[str, str]) -> AwsCli:
    return AwsCli(aws_environment)


@pytest.fixture(scope="module")
def sdk(cloud: CloudProcess, waiters: Path) -> Sdk:
    return Sdk(cloud.environment(), waiters)
