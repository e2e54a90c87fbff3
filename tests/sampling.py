"""Which cases a test runs where there are too many for every run: a seed, which each run prints, chooses them."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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


def left_out(marked: Iterable[tuple[T, str, int]], seed: int, *, exhaustive: bool) -> Iterator[tuple[T, str]]:
    """Of tests in groups, of each of which so many are run: those that the seed does not choose, and why.

    A group has the same count wherever it is named.
    """
    groups, counts = defaultdict[str, list[T]](list), dict[str, int]()
    for test, group, count in marked:
        groups[group].append(test)
        assert counts.setdefault(group, count) == count, f"{group}: {count}, and {counts[group]} elsewhere"
    for group, tests in groups.items():
        chosen = Sampling(random.Random(f"{seed} {group}"), exhaustive).of(tests, counts[group])
        for test in tests:
            if test not in chosen:
                of = f"{counts[group]} of {len(tests)} {group}"
                yield test, f"--seed {seed} chose others ({of}); --exhaustive has all"


def halved(tests: Iterable[tuple[T, str]]) -> Iterator[tuple[T, str, int]]:
    """Tests in groups of their own, of each of which half are run: of an odd number one more than are left out."""
    groups = defaultdict[str, list[T]](list)
    for test, group in tests:
        groups[group].append(test)
    for group, members in groups.items():
        yield from ((test, group, (len(members) + 1) // 2) for test in members)
