"""A pytest plug-in for moto's tests: `mock_aws` gives each of them a Kumoniwa server of its own.

moto's own "server mode" points its tests at a server and asks it to forget everything (`/moto-api/reset`) whenever a
mock begins or ends. Here the next client goes to another server instead, over a fresh data folder. What else differs:

- moto does at once what EC2 takes its time for, and its tests wait for nothing: after each call that changes something,
  the cloud is given the time to carry it out.
- The AMIs that the tests name by id have other ids here, by region: they are translated in parameters and answers.
- Some tests freeze the client's clock, which would date their signatures years back: those keep the real time.

Loaded with `-p moto_on_kumoniwa`, with `TEST_SERVER_MODE=true`; results are added to the file $FOREIGN_RESULTS, a JSON
object a line.
"""

import json
import os
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.auth
import botocore.client
import freezegun.api
import pytest
from fresh_clouds import FreshCloud, FreshClouds
from moto.core.models import ServerModeMockAWS
from told_results import pytest_runtest_makereport
from waiting import eventually

__all__ = ["pytest_runtest_makereport"]

_FURNISHED = Path(os.environ["FOREIGN_FURNISHED"])


class _Clouds:
    """Which cloud the mocks of this process lead to now."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._clouds: FreshClouds | None = None
        self.current: FreshCloud | None = None

    @property
    def endpoint(self) -> str:
        if self._clouds is None:
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="kumoniwa-foreign-"))
            self._clouds = self._stack.enter_context(FreshClouds(_FURNISHED, Path(folder) / "clouds"))
        if self.current is None:
            self.current = self._clouds.fresh()
        return self.current.endpoint

    def spend(self) -> None:
        self.current = None

    def close(self) -> None:
        self._stack.close()


_CLOUDS = _Clouds()


def pytest_configure(config: pytest.Config) -> None:
    """Lead moto's mocks, and the ids of AMIs, to clouds of ours."""
    # Mocks are made when test modules are imported, and ask for the address then: it must be asked for later.
    ServerModeMockAWS._test_server_mode_endpoint = property(lambda _: _CLOUDS.endpoint, lambda _, __: None)
    ServerModeMockAWS.reset = lambda _: _CLOUDS.spend()
    botocore.auth.get_current_datetime = _real_time
    boto3._get_default_session = cache(boto3.Session)  # each mock would begin one, and read EC2's model again
    images = json.loads((_FURNISHED / "images.json").read_text())
    call = botocore.client.BaseClient._make_api_call

    def translated(client: Any, operation: str, parameters: Any) -> Any:
        of_region = images.get(client.meta.region_name, {})
        answer = call(client, operation, _renamed(parameters, of_region))
        if _CLOUDS.current is not None and not operation.startswith(("Describe", "Get", "List")):
            eventually(_CLOUDS.current.settled, within=10, every=0.01)
        return _renamed(answer, {ours: theirs for theirs, ours in of_region.items()})

    botocore.client.BaseClient._make_api_call = translated


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers of this process."""
    _CLOUDS.close()


def _real_time(remove_tzinfo: bool = True) -> datetime:
    """As botocore has it, whatever time is frozen."""
    # Read where it is: whoever imports it by name has it frozen too.
    now: datetime = freezegun.api.real_datetime.now(UTC)
    return now.replace(tzinfo=None) if remove_tzinfo else now


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value
