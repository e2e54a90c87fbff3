"""What is promised of networks holds for a server that is not root: the same tests, by a user without any privilege."""

from pathlib import Path

import ordinary_user
import pytest

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]

_TESTS = (
    *("vm/test_host_network.py", "vm/test_guest_networks.py", "vm/test_lone_network.py"),
    *("network/test_names.py", "network/test_flows.py"),
)


@pytest.mark.parametrize("tests", _TESTS)
def test_networks_are_kept_by_an_ordinary_user_too(tests: str) -> None:
    with ordinary_user.own_folder() as folder:
        ordinary_user.run_tests(Path(__file__).parents[1] / tests, folder)
