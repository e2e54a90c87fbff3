"""Clients under test are real programs: AWS's own, and other people's; the server is one real process per module."""

from collections.abc import Callable

import pytest
from cloud_fixtures import *  # noqa: F403 -- its fixtures
from cloud_process import CloudProcess
from evidence import *  # noqa: F403 -- a failed test keeps evidence
from other_clients import OtherClient, installed, lonely_environment


@pytest.fixture(scope="module")
def other_client(
    cloud: CloudProcess, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], OtherClient]:
    """Gives a client of `scripts/clients` by its name, ready to speak with the module's cloud."""

    def named(name: str) -> OtherClient:
        environment = lonely_environment(cloud.environment(), tmp_path_factory.mktemp("home"))
        return installed(name, environment, must_be=pytestconfig.option.every_client)

    return named


@pytest.fixture(autouse=True)
def _every_client(request: pytest.FixtureRequest) -> None:
    """What takes long is run where every client is asked for."""
    if request.node.get_closest_marker("every_client") and not request.config.option.every_client:
        pytest.skip("it takes long: make test-clients runs it")
