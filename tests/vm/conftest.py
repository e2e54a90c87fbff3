"""What tests with real guests share: the driver's contract lies beside the unit tests."""

import sys
from pathlib import Path

import pytest
from evidence import *  # noqa: F403 -- a failed test keeps evidence
from stack_fixture import stack

__all__ = ["stack"]

sys.path.insert(0, str(Path(__file__).parent.parent / "unit" / "hypervisor"))
pytest.register_assert_rewrite("driver_contract")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The product's event loop: what speaks with QEMU must not need what only asyncio's own has."""
    return "asyncio", {"use_uvloop": True}
