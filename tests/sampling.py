"""Which cases a test runs where there are too many for every run: a seed, which each run prints, chooses them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Sampling:
    """A test's choice among its cases: the same for the same seed (the fixture `sampling`)."""

    random: random.Random
    exhaustive: bool

    def of(self, cases: Sequence[T], at_most: int) -> list[T]:
        """So many of the cases, in their order; all of them where the run is exhaustive."""
        if self.exhaustive or len(cases) <= at_most:
            return list(cases)
        return [cases[place] for place in sorted(self.random.sample(range(len(cases)), at_most))]
