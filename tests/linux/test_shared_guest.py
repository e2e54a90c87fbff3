"""Who gets the guest that tests share, and what becomes of one that a test has spoilt."""

from pathlib import Path
from typing import Any

import pytest
import shared_guest
from shared_guest import SharedGuests


class Guest:
    """A guest that does what a test says."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.kind = kind
        self.used = self.over = self.ended = False
        self.left: str | None = None

    def prepare(self) -> None:
        self.used = True

    def clean(self) -> None:
        if self.left is not None:
            raise AssertionError(self.left)

    def end(self) -> None:
        self.ended = True


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def guests(said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SharedGuests:
    monkeypatch.setattr(shared_guest, "SharedGuest", Guest)
    return SharedGuests(lambda: tmp_path, said.append)


def _had(guests: SharedGuests, **asked: Any) -> Any:
    """The guest that a test gets, which does nothing with it."""
    guest = guests.take(**asked)
    guests.give_back(guest, "a test")
    return guest


def test_one_guest_serves_test_after_test(guests: SharedGuests, said: list[str]) -> None:
    first = _had(guests)
    assert _had(guests) is first
    assert (first.ended, said) == (False, [])
    guests.end()
    assert first.ended


def test_a_guest_in_which_something_stays_is_given_up_loudly(guests: SharedGuests, said: list[str]) -> None:
    spoilt: Any = guests.take()
    spoilt.left = "a volume that does not go"
    guests.give_back(spoilt, "tests/linux/test_it.py::test_it")
    assert spoilt.ended
    [text] = said
    assert "test_it.py::test_it" in text and "a volume that does not go" in text
    assert _had(guests) is not spoilt


def test_a_guest_whose_end_was_the_tests_point_is_followed_by_another(guests: SharedGuests, said: list[str]) -> None:
    ended: Any = guests.take()
    ended.over = True
    guests.give_back(ended, "a test")
    assert (ended.ended, said) == (True, [])
    assert _had(guests) is not ended


def test_the_guest_of_a_failed_test_is_not_given_to_the_next(guests: SharedGuests, said: list[str]) -> None:
    half_done: Any = guests.take()
    guests.give_back(half_done, "a test", failed=True)
    assert (half_done.ended, said) == (True, [])
    assert _had(guests) is not half_done


def test_a_guest_that_cannot_be_prepared_is_not_kept_for_the_next(
    guests: SharedGuests, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(guest: Guest) -> None:
        raise AssertionError("nobody answers")

    with monkeypatch.context() as patch:
        patch.setattr(Guest, "prepare", unreachable)
        with pytest.raises(AssertionError, match="nobody answers"):
            guests.take()
    assert not _had(guests).ended


def test_who_needs_an_unused_guest_of_a_type_gets_one(guests: SharedGuests) -> None:
    used = _had(guests)
    unused = _had(guests, kind="t2.micro", unused=True)
    assert (used.ended, unused.kind) == (True, "t2.micro")
    assert _had(guests) is unused


def test_who_needs_a_guest_of_a_type_gets_the_one_before_where_it_is_of_it(guests: SharedGuests) -> None:
    any_type = _had(guests)
    guest = _had(guests, kind="t2.micro")
    assert (any_type.ended, guest.kind) == (True, "t2.micro")
    assert _had(guests, kind="t2.micro") is guest
