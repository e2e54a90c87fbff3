"""What these tests share: a namespace that carries one plan after another."""

from collections.abc import Iterator

import namespace
import pytest
from namespace import Namespace


@pytest.fixture(scope="session")
def namespaces() -> None:
    """This host has network namespaces, and what is needed in them; else the test is skipped, and says why."""
    if (why := namespace.obstacle()) is not None:
        pytest.skip(f"this host has no network namespaces with nftables: {why}")


@pytest.fixture(scope="module")
def network(namespaces: None) -> Iterator[Namespace]:
    with namespace.made() as made:
        yield made
