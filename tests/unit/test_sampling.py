"""Samples: the same for the same seed, in the cases' order, all of them where all are wanted."""

from random import Random

import pytest
from sampling import Sampling, halved, left_out

CASES = list(range(100))


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    first, again, other = (Sampling(Random(seed), exhaustive=False).of(CASES, 10) for seed in (1, 1, 2))
    assert first == again != other
    assert first == sorted(set(first)) and len(first) == 10


def test_few_cases_are_all_run() -> None:
    assert Sampling(Random(1), exhaustive=False).of(CASES[:9], 10) == CASES[:9]


def test_an_exhaustive_run_runs_all() -> None:
    assert Sampling(Random(1), exhaustive=True).of(CASES, 10) == CASES


def test_of_each_group_of_tests_the_seed_leaves_out_all_but_so_many() -> None:
    marked = [(f"{group} {number}", group, count) for number in range(5) for group, count in (("long", 1), ("dark", 3))]
    seen = set()
    for seed in range(50):
        left = dict(left_out(marked, seed, exhaustive=False))
        assert left == dict(left_out(marked, seed, exhaustive=False))
        assert [sum(test.startswith(group) for test in left) for group in ("long", "dark")] == [4, 2]
        seen |= {test for test, _, _ in marked} - left.keys()
        assert all(f"--seed {seed} " in why and "--exhaustive" in why for why in left.values())
    assert seen == {test for test, _, _ in marked}, "each is run by some seed"


def test_an_exhaustive_run_leaves_out_no_test_and_whoever_asks_for_few_gets_them() -> None:
    marked = [(number, "long", 2) for number in range(5)]
    assert list(left_out(marked, 1, exhaustive=True)) == []
    assert list(left_out(marked[:2], 1, exhaustive=False)) == []


def test_a_group_has_one_count() -> None:
    with pytest.raises(AssertionError, match="long: 2, and 1 elsewhere"):
        list(left_out([("a", "long", 1), ("b", "long", 2)], 1, exhaustive=False))


def test_of_each_group_half_are_run_and_of_one_that_one() -> None:
    tests = [*((f"long {number}", "long") for number in range(5)), ("lone", "short")]
    assert [(group, count) for _, group, count in halved(tests)] == [*5 * [("long", 3)], ("short", 1)]
    assert [test for test, _, _ in halved(tests)] == [test for test, _ in tests]
