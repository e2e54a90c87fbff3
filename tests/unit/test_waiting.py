"""How tests wait: until a look sees something, or a deadline has passed and says what was missing."""

import pytest
from waiting import NotYet, eventually, eventually_async


def test_the_first_thing_that_is_seen_is_given_though_it_be_empty() -> None:
    looks = iter([None, False, "", "late"])
    assert eventually(lambda: next(looks), within=60, every=0) == ""


def test_a_deadline_that_has_passed_says_what_was_missing_last() -> None:
    looks = iter(["the first", "the last"])

    def look() -> None:
        raise NotYet(next(looks, "the last"))

    with pytest.raises(AssertionError, match="the last"):
        eventually(look, within=0.01, every=0.005)


def test_a_look_that_fails_ends_the_wait_at_once() -> None:
    def look() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        eventually(look, within=60)


@pytest.mark.anyio
async def test_an_awaited_look_waits_in_the_same_way() -> None:
    looks = iter([NotYet("nothing"), None, [1]])

    async def look() -> list[int] | None:
        match next(looks):
            case NotYet() as not_yet:
                raise not_yet
            case seen:
                return seen

    assert await eventually_async(look, within=60, every=0) == [1]
    with pytest.raises(AssertionError, match="within 0 s"):
        await eventually_async(_nothing, within=0)


async def _nothing() -> None:
    return None
