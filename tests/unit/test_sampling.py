"""Samples: the same for the same seed, in the cases' order, all of them where all are wanted."""

from random import Random

from sampling import Sampling

CASES = list(range(100))


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    first, again, other = (Sampling(Random(seed), exhaustive=False).of(CASES, 10) for seed in (1, 1, 2))
    assert first == again != other
    assert first == sorted(set(first)) and len(first) == 10


def test_few_cases_are_all_run() -> None:
    assert Sampling(Random(1), exhaustive=False).of(CASES[:9], 10) == CASES[:9]


def test_an_exhaustive_run_runs_all() -> None:
    assert Sampling(Random(1), exhaustive=True).of(CASES, 10) == CASES
