"""These tests run on the product's event loop."""

import pytest


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """uvloop, whose transports differ from asyncio's own (the loop of all other tests) in what they raise, and when."""
    return "asyncio", {"use_uvloop": True}
