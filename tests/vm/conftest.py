"""What tests with real guests share: the driver's contract lies beside the unit tests."""

import sys
from pathlib import Path

import pytest
from evidence import *  # noqa: F403 -- a failed test keeps evidence

sys.path.insert(0, str(Path(__file__).parent.parent / "unit" / "hypervisor"))
pytest.register_assert_rewrite("driver_contract")
