"""Identifiers: their form, and the order in which they are made."""

import re
from itertools import count

import pytest

from kumoniwa import ids


def test_identifiers_are_in_ec2s_form_and_ascend() -> None:
    made = [ids.new_id("sgr") for _ in range(5000)]
    assert all(re.fullmatch(r"sgr-0[0-9a-f]{16}", one) for one in made)
    assert made == sorted(set(made))


def test_after_the_last_number_the_first_one_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_counted", count(2**29 - 1))
    last, first = ids.new_id("i"), ids.new_id("i")
    assert (last[:9], first[:9]) == ("i-0ffffff", "i-0000000")
