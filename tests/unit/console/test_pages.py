"""No page of a resource is without a test that uses it in a browser."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_PAGES = re.findall(r'page: "([a-z-]+)"', (_ROOT / "console" / "src" / "pages" / "pages.ts").read_text())


def test_there_are_pages() -> None:
    assert "instances" in _PAGES


@pytest.mark.parametrize("page", _PAGES)
def test_a_test_in_a_browser_uses_the_page(page: str) -> None:
    tests = (_ROOT / "tests" / "clients").glob("test_console_*.py")
    assert any(f"us-east-1/{page}" in test.read_text() for test in tests), f"no test visits {page}"
