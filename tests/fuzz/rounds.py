"""How long a fuzzer goes on: a few rounds in every run of the tests, ten times as many in an exhaustive one, or for so
many seconds. Each round has its own seed, so that one alone can be run again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Rounds:
    """The rounds of one fuzzer (the fixture `rounds`)."""

    test: str
    seed: int
    exhaustive: bool
    seconds: float | None
    only: int | None

    def __call__(self, few: int) -> Iterator[tuple[int, Random]]:
        """The number and the random numbers of each round; see the module for how many."""
        began, number = time.monotonic(), 0
        while self._goes_on(number, few, time.monotonic() - began):
            wanted = number if self.only is None else self.only
            yield wanted, Random(f"{self.seed} {self.test} {wanted}")
            number += 1

    def _goes_on(self, number: int, few: int, passed: float) -> bool:
        if self.only is not None:
            return number == 0
        if self.seconds is not None:
            return passed < self.seconds
        return number < few * (10 if self.exhaustive else 1)

    @contextmanager
    def of(self, number: int) -> Iterator[None]:
        """What fails inside says how this round is run again."""
        try:
            yield
        except BaseException as failure:
            failure.add_note(f"To run this round again: pytest '{self.test}' --seed {self.seed} --round {number}")
            raise
