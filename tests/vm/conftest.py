"""What tests with real guests share: the driver's contract lies beside the unit tests."""

import sys
from pathlib import Path

import pytest
from evidence import *  # noqa: F403 -- a failed test keeps evidence
from sampling import left_out
from stack_fixture import stack

__all__ = ["stack"]

sys.path.insert(0, str(Path(__file__).parent.parent / "unit" / "hypervisor"))
pytest.register_assert_rewrite("driver_contract")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The product's event loop: what speaks with QEMU must not need what only asyncio's own has."""
    return "asyncio", {"use_uvloop": True}


_OF_EITHER_BUS = "test_qemu_contract.py::TestQemuDriver"
_OF_ENCRYPTED, _ENCRYPTED = "test_encrypted_layers.py::TestEncrypted", 8


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each promise of the driver is tried on one bus, and of those that encrypted disks keep too some are: the seed
    chooses. Whoever asks for one of them by name gets it."""
    of_buses = [
        (item, f"buses on which {item.name.partition('[')[0]} is tried", 1)
        for item in items
        if _OF_EITHER_BUS in item.nodeid
    ]
    of_encrypted = [(item, "promises of encrypted disks", _ENCRYPTED) for item in items if _OF_ENCRYPTED in item.nodeid]
    option = config.option
    for item, why in left_out([*of_buses, *of_encrypted], option.seed, exhaustive=option.exhaustive):
        item.add_marker(pytest.mark.skip(why))
