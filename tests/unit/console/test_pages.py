"""No page of a resource is without a test that uses it in a browser."""

from pathlib import Path

import pytest
from console_browser import PAGES

_TESTS = Path(__file__).parents[2] / "browser"


def test_there_are_pages() -> None:
    assert "instances" in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_test_in_a_browser_uses_the_page(page: str) -> None:
    tests = [test for test in _TESTS.glob("test_console_*.py") if test.name != "test_console_every_page.py"]
    assert any(f"us-east-1/{page}" in test.read_text() for test in tests), f"no test visits {page}"
