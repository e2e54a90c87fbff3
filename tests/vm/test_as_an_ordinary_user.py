"""What is promised of networks holds for a server that is not root: the same tests, by a user without any privilege.

One of their files in each run, all with `--exhaustive`.
"""

from pathlib import Path

import ordinary_user
import pytest
from sampling import Sampling

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]

_TESTS = (
    *("vm/test_host_network.py", "vm/test_guest_networks.py", "vm/test_lone_network.py"),
    *("vm/test_not_admitted.py", "network/test_names.py", "network/test_flows.py"),
)


def test_networks_are_kept_by_an_ordinary_user_too(sampling: Sampling) -> None:
    for tests in sampling.of(_TESTS, 1):
        with ordinary_user.own_folder() as folder:
            ordinary_user.run_tests(Path(__file__).parents[1] / tests, folder)
