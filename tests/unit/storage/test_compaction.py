"""When chains of layers are shortened, and how much is copied for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kumoniwa.storage.compaction import LEFT, LONGEST, Shortening, plan

MIB = 1 << 20


def test_a_chain_that_is_not_too_long_is_left_alone() -> None:
    assert plan([MIB] * LONGEST) is None


def test_a_chain_that_is_too_long_is_brought_below_what_is_to_be_left() -> None:
    sizes = [MIB] * LONGEST + [2000 * MIB]
    assert plan(sizes) == Shortening(onto=len(sizes) - 1, copied_bytes=15 * MIB)


def test_a_layer_larger_than_all_above_it_stays() -> None:
    sizes = [MIB] * 10 + [100 * MIB] + [MIB] * 5 + [2000 * MIB]
    assert plan(sizes) == Shortening(onto=10, copied_bytes=9 * MIB)


def test_a_layer_larger_than_all_above_it_is_copied_where_the_chain_were_too_long_else() -> None:
    sizes = [MIB] * 3 + [1000 * MIB] + [MIB] * 30
    shortening = plan(sizes)
    assert shortening is not None
    assert shortening.copied_bytes >= 1000 * MIB
    assert 1 + len(sizes) - shortening.onto <= LEFT


def test_a_layer_of_unknown_size_counts_as_large() -> None:
    sizes = [None] + [MIB] * 9 + [None] + [MIB] * 6
    assert plan(sizes) == Shortening(onto=10, copied_bytes=9 * MIB)


@given(
    some.lists(some.none() | some.integers(0, 1 << 40), min_size=1, max_size=80),
    some.integers(2, 20),
    some.integers(1, 20),
)
def test_every_plan_shortens_and_leaves_the_lowest(sizes: list[int | None], longest: int, left: int) -> None:
    shortening = plan(sizes, longest=longest, left=left)
    assert (shortening is None) == (len(sizes) <= longest)
    if shortening is not None:
        assert 2 <= shortening.onto <= len(sizes) - 1
        assert 1 + len(sizes) - shortening.onto <= max(left, 2)
        assert shortening.copied_bytes == sum(size or 0 for size in sizes[1 : shortening.onto])


@pytest.mark.parametrize("written", [1, 3])
def test_what_is_copied_grows_much_slower_than_snapshots_times_size(written: int) -> None:
    """A volume is cut a thousand times, as much being written between two cuts: the chain stays short."""
    chain, copied, longest_seen = [0, 2000], 0, 0
    for _ in range(1000):
        chain[0] += written
        chain.insert(0, 0)
        longest_seen = max(longest_seen, len(chain))
        if (shortening := plan(chain)) is not None:
            copied += shortening.copied_bytes
            chain = [chain[0] + shortening.copied_bytes, *chain[shortening.onto :]]
    assert longest_seen == LONGEST + 1
    assert chain[-1] == 2000, "the image is not copied"
    assert copied < 1000 * written * 12
