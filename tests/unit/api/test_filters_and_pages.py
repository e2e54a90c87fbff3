"""Filters equal a naive filter, and pages put together equal the whole."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.api.call import Call
from kumoniwa.api.filters import matcher, matching
from kumoniwa.api.listing import NOT_PAGED, check_page_size, page
from kumoniwa.errors import Ec2Error

CALL = Call("DescribeThings", "123456789012", "us-east-1", "r", "AKIA", datetime(2026, 1, 1, tzinfo=UTC))
FILTERS = {"name": lambda item: (item["name"],), "size": lambda item: item["sizes"]}
LIMITS = (5, 1000)

Item = dict[str, Any]

letters = st.text("ab*?\\", max_size=6)
tags = st.dictionaries(st.sampled_from(["Team", "Name"]), letters, max_size=2)
items = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 10_000), "name": letters, "sizes": st.lists(letters, max_size=3), "tags": tags}
    ),
    unique_by=lambda item: item["id"],
    max_size=30,
)
filter_names = st.sampled_from(["name", "size", "tag:Team", "tag-key", "tag-value"])
asked = st.lists(
    st.fixed_dictionaries({"Name": filter_names, "Values": st.lists(letters, min_size=1, max_size=3)}), max_size=3
)


def key(item: Item) -> str:
    return f"{item['id']:06}"


def tags_of(item: Item) -> Mapping[str, str]:
    found: Mapping[str, str] = item["tags"]
    return found


def pages(every: Sequence[Item], size: int, filters: Sequence[Mapping[str, Any]] = ()) -> list[Item]:
    """All the pages of a listing, put together."""
    found: list[Item] = []
    token = None
    while True:
        parameters = {"MaxResults": size, "Filters": filters, **({"NextToken": token} if token else {})}
        items, token = page(CALL, parameters, every, filters=FILTERS, key=key, tags=tags_of)
        found += items
        if token is None:
            return found
        assert len(items) == size


def naive_match(pattern: str, text: str) -> bool:
    expression, position = "", 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            position += 1
            expression += re.escape(pattern[position] if position < len(pattern) else "\\")
        else:
            expression += {"*": ".*", "?": "."}.get(character, re.escape(character))
        position += 1
    return re.fullmatch(expression, text, re.DOTALL) is not None


def naive_values(item: Item, name: str) -> list[str]:
    match name:
        case "name":
            return [item["name"]]
        case "size":
            return list(item["sizes"])
        case "tag:Team":
            return [value for key, value in item["tags"].items() if key == "Team"]
        case "tag-key":
            return list(item["tags"])
        case _:
            return list(item["tags"].values())


@given(pattern=letters, text=letters)
def test_a_pattern_matches_what_a_naive_one_does(pattern: str, text: str) -> None:
    assert matcher([pattern])(text) == naive_match(pattern, text)


@given(every=items, filters=asked)
def test_filters_equal_a_naive_filter(every: list[Item], filters: list[dict[str, Any]]) -> None:
    expected = [
        item
        for item in every
        if all(
            any(naive_match(pattern, value) for pattern in one["Values"] for value in naive_values(item, one["Name"]))
            for one in filters
        )
    ]
    assert matching({"Filters": filters}, every, FILTERS, tags_of) == expected


@given(every=items, filters=asked, size=st.integers(5, 12))
def test_pages_put_together_are_the_unpaged_answer(every: list[Item], filters: list[dict[str, Any]], size: int) -> None:
    whole, token = page(CALL, {"Filters": filters}, every, filters=FILTERS, key=key, tags=tags_of)
    assert token is None
    assert pages(every, size, filters) == whole


def test_rows_that_come_and_go_between_pages_neither_hide_nor_repeat_others() -> None:
    every = [{"id": number, "name": "x", "sizes": [], "tags": {}} for number in range(0, 40, 2)]
    first, token = page(CALL, {"MaxResults": 5}, every, filters=FILTERS, key=key)
    changed = [item for item in every if item["id"] not in (0, first[-1]["id"])]
    changed.append({"id": 1, "name": "before", "sizes": [], "tags": {}})
    rest, _ = page(CALL, {"MaxResults": 1000, "NextToken": token}, changed, filters=FILTERS, key=key)
    assert [item["id"] for item in rest] == list(range(10, 40, 2))


@pytest.mark.parametrize(
    "spoilt",
    ["", "x", "not base64!", "AAAAAAAAAAAAAAAAAAAAAAAA", "////"],
)
def test_a_token_that_is_not_ours_is_refused(spoilt: str) -> None:
    with pytest.raises(Ec2Error) as caught:
        page(CALL, {"NextToken": spoilt}, [], filters=FILTERS, key=key)
    assert caught.value.code == "InvalidParameterValue"
    assert caught.value.message == f"Value ( {spoilt} ) for parameter NextToken is invalid. The token is invalid."


@given(position=st.integers(0, 200), character=st.sampled_from("Aa0-_"))
def test_a_token_that_was_changed_is_refused(position: int, character: str) -> None:
    every = [{"id": number, "name": "x", "sizes": [], "tags": {}} for number in range(10)]
    _, token = page(CALL, {"MaxResults": 5}, every, filters=FILTERS, key=key)
    assert token is not None
    position %= len(token)
    changed = token[:position] + character + token[position + 1 :]
    if changed == token:
        return
    with pytest.raises(Ec2Error):
        page(CALL, {"MaxResults": 5, "NextToken": changed}, every, filters=FILTERS, key=key)


@pytest.mark.parametrize(
    "other",
    [
        {"Filters": [{"Name": "name", "Values": ["x"]}]},
        {"VpcIds": ["vpc-1"]},
    ],
)
def test_a_token_is_good_for_its_own_request_only(other: dict[str, Any]) -> None:
    every = [{"id": number, "name": "x", "sizes": [], "tags": {}} for number in range(10)]
    _, token = page(CALL, {"MaxResults": 5}, every, filters=FILTERS, key=key)
    with pytest.raises(Ec2Error):
        page(CALL, {"NextToken": token, **other}, every, filters=FILTERS, key=key)
    elsewhere = Call("DescribeThings", "123456789012", "eu-west-1", "r", "AKIA", CALL.at)
    with pytest.raises(Ec2Error):
        page(elsewhere, {"NextToken": token}, every, filters=FILTERS, key=key)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ([{"Name": "colour", "Values": ["red"]}], "The filter 'colour' is invalid"),
        ([{"Name": "Name", "Values": ["x"]}], "The filter 'Name' is invalid"),
        ([{"Values": ["x"]}], "The filter 'null' is invalid"),
        ([{"Name": "tag:", "Values": ["x"]}], "The filter 'tag:' is invalid"),
    ],
)
def test_a_filter_that_there_is_not_is_refused(filters: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(Ec2Error) as caught:
        matching({"Filters": filters}, [], FILTERS, tags_of)
    assert (caught.value.code, caught.value.message) == ("InvalidParameterValue", message)


def test_a_filter_without_values_matches_nothing() -> None:
    item = {"id": 1, "name": "", "sizes": [], "tags": {}}
    assert matching({"Filters": [{"Name": "name"}]}, [item], FILTERS) == []


def test_more_values_than_ec2_takes_are_refused() -> None:
    with pytest.raises(Ec2Error) as caught:
        matching({"Filters": [{"Name": "name", "Values": ["x"] * 201}]}, [], FILTERS)
    assert caught.value.code == "FilterLimitExceeded"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (["*a" * 500_000], "InvalidParameterValue"),
        (["x" * 513], "InvalidParameterValue"),
        ([f"*{number}" for number in range(51)], "FilterLimitExceeded"),
        (["?"] * 51, "FilterLimitExceeded"),
    ],
)
def test_more_than_can_be_compared_in_a_moment_is_refused(values: list[str], code: str) -> None:
    with pytest.raises(Ec2Error) as caught:
        matching({"Filters": [{"Name": "name", "Values": values}]}, [], FILTERS)
    assert caught.value.code == code


def test_values_of_the_longest_texts_may_be_escaped_and_patterns_beside_many_plain_values() -> None:
    longest = {"id": 1, "name": "*" * 256, "sizes": [], "tags": {}}
    values = ["\\*" * 256, *("?" * 50), *map(str, range(149))]
    assert matching({"Filters": [{"Name": "name", "Values": values}]}, [longest], FILTERS) == [longest]


def test_many_wildcards_cost_no_more_than_their_number_times_the_text() -> None:
    fits = matcher(["*a" * 100 + "b"])
    assert not fits("a" * 5_000)  # a backtracking matcher would not come back from this


@pytest.mark.parametrize(
    ("parameters", "code", "message"),
    [
        (
            {"MaxResults": 3},
            "InvalidParameterValue",
            "Value ( 3 ) for parameter maxResults is invalid. Expecting a value greater than 5.",
        ),
        (
            {"MaxResults": 1001},
            "InvalidParameterValue",
            "Value ( 1001 ) for parameter maxResults is invalid. Expecting a value smaller than 1000.",
        ),
        (
            {"MaxResults": 5, "InstanceIds": ["i-1"]},
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        ),
    ],
)
def test_page_sizes_are_ec2s(parameters: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(Ec2Error) as caught:
        check_page_size(parameters, LIMITS, {"InstanceIds": NOT_PAGED.format("instancesSet")})
    assert (caught.value.code, caught.value.message) == (code, message)
