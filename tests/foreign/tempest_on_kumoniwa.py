"""A pytest plug-in for OpenStack's ec2api-tempest-plugin: each of its files of tests has a Kumoniwa server of its own.

The suite waits for what it asks for, and removes what it made, so that the tests of a file share a server. Nothing is
changed: its own configuration, which `tempest_suite` writes, says what to launch; here it is told where the server is.

Loaded with `-p tempest_on_kumoniwa`; results are added to the file $FOREIGN_RESULTS, a JSON object a line.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ec2api_tempest_plugin import config
from fresh_clouds import ACCESS_KEY, SECRET, FreshClouds
from oslo_config import cfg
from told_results import pytest_runtest_makereport

__all__ = ["pytest_runtest_makereport"]

_FURNISHED = Path(os.environ["FOREIGN_FURNISHED"])


@pytest.fixture(scope="session")
def _clouds() -> Iterator[FreshClouds]:
    with (
        tempfile.TemporaryDirectory(prefix="kumoniwa-foreign-") as folder,
        FreshClouds(_FURNISHED, Path(folder) / "clouds") as clouds,
    ):
        yield clouds


@pytest.fixture(scope="module", autouse=True)
def _cloud(_clouds: FreshClouds) -> None:
    assert config.CONF.aws is not None  # it reads its configuration when it is first asked for something
    settings = {"ec2_url": _clouds.fresh().endpoint, "aws_access": ACCESS_KEY, "aws_secret": SECRET}
    for name, value in settings.items():
        cfg.CONF.set_override(name, value, group="aws")
