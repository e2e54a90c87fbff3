"""Where things lie when nothing says so."""

from pathlib import Path

import pytest

from kumoniwa.config import CACHE_DIR, NETWORK, cache_dir, default_network


def test_a_user_without_a_home_has_a_folder_to_be_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user is often a number alone. What cannot be made there is said by whoever would make it."""

    def no_home(_: type[Path]) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv(CACHE_DIR.name, raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", classmethod(no_home))
    assert cache_dir() == Path("/.cache/kumoniwa")


def test_how_guests_are_connected_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NETWORK.name, raising=False)
    assert default_network() == "auto"
    monkeypatch.setenv(NETWORK.name, "user")
    assert default_network() == "user"
