"""What tests with real guests share: the driver's contract lies beside the unit tests."""

import random
import sys
from pathlib import Path

import pytest
from evidence import *  # noqa: F403 -- a failed test keeps evidence
from sampling import Sampling
from stack_fixture import stack

__all__ = ["stack"]

sys.path.insert(0, str(Path(__file__).parent.parent / "unit" / "hypervisor"))
pytest.register_assert_rewrite("driver_contract")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The product's event loop: what speaks with QEMU must not need what only asyncio's own has."""
    return "asyncio", {"use_uvloop": True}


_OF_ENCRYPTED, _CHOSEN = "test_encrypted_layers.py::TestEncrypted", 8


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the contracts that encrypted disks keep too, the seed chooses some; whoever asks for one by name gets it."""
    option, held = config.option, [item for item in items if _OF_ENCRYPTED in item.nodeid]
    chosen = Sampling(random.Random(f"{option.seed} tests/vm"), option.exhaustive).of(held, _CHOSEN)
    for item in held:
        if item not in chosen:
            why = f"--seed {option.seed} chose others of the encrypted ones; --exhaustive has all"
            item.add_marker(pytest.mark.skip(why))
