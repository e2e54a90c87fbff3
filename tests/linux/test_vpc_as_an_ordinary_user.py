"""What guests of a VPC see is the same where the server is not root: `test_vpc.py`, by a user without any privilege.

It boots two more guests: in every run the server is root, in a whole one it is both.
"""

import asyncio
from pathlib import Path

import ordinary_user
import pytest
from sampling import Sampling

from kumoniwa.guest_image import debian12

_WITHIN = 1600.0  # seconds, of a busy machine
pytestmark = [pytest.mark.linux, pytest.mark.timeout(1800)]


def test_a_vpc_is_carried_by_an_ordinary_user_too(sampling: Sampling) -> None:
    if not sampling.exhaustive:
        pytest.skip("it is root's in this run: --exhaustive has both")
    disk = asyncio.run(debian12.ensure_built(lambda what, percent: None))
    with ordinary_user.own_folder() as folder:
        cache = folder / "cache"
        (cache / "images").mkdir(parents=True)
        (cache / "images" / disk.name).symlink_to(disk)
        ordinary_user.give(cache)
        environment = {"KUMONIWA_CACHE_DIR": str(cache)}
        tests = Path(__file__).with_name("test_vpc.py")
        whole = ["--exhaustive"]
        ordinary_user.run_tests(tests, folder, environment, sees=[disk.parent], options=whole, within=_WITHIN)
