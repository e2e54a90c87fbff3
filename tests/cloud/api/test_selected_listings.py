"""What the database selects for a listing is what the same listing finds by itself, whatever is asked."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from every_listing import LISTINGS
from hypothesis import given, settings
from hypothesis import strategies as st
from quick_database import engine_on, lay_schema, unsynced
from random_rows import ACCOUNT, AT, KEYS, REGION, VALUES, RandomRows
from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.descriptions import Descriptions
from kumoniwa.api.ec2.instances import describe_instances
from kumoniwa.api.ec2.instances.described_instances import described
from kumoniwa.api.ec2.instances.instance_filters import FILTERS
from kumoniwa.api.ec2.instances.selected_instances import INSTANCES
from kumoniwa.api.listing import Asked, Listing, _fingerprint, _token, page, selected
from kumoniwa.errors import Ec2Error
from kumoniwa.store import instances
from kumoniwa.store.selection import _listing

SELECTED = {name: listing for name, listing in LISTINGS.items() if listing.selection is not None}
PRESENT = (
    "running", "terminated", "16", "true", "false", "enabled", "required", "us-east-1a", "t3.micro",
    "instance", "10.0.0.7", "vpc-00000000000000000", "subnet-00000000000000001", "sg-00000000000000002",
    "default", "8", "80", "64", "1", "completed", "in-use", "x86_64", "uefi", "vol-00000000000000007",
    "eni-00000000000000003", "ami-00000000000000003", "i-00000000000000004", "02:00:00:00:00:07", "gp3",
    "snap-1", "User initiated", "Server.InternalError", ACCOUNT, *VALUES,
)  # fmt: skip

_patterns = st.builds(
    lambda value, start, end, wild: value[:start] + wild + value[end:],
    st.sampled_from(PRESENT),
    st.integers(0, 6),
    st.integers(0, 12),
    st.sampled_from(["*", "?", "", "**", "\\*", "\\?", "[", "*?", "\\", "%"]),
)
values = st.one_of(st.sampled_from(PRESENT), _patterns, st.text("webWEé*?\\[]🌱 ", max_size=5))
_tag_names = st.sampled_from(["tag-key", "tag-value", *(f"tag:{key}" for key in KEYS)])


def filters_of(names: Sequence[str], *, tagged: bool = True) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Filters of a listing, that ask for anything."""
    name = st.one_of(st.sampled_from(names), _tag_names) if tagged else st.sampled_from(names)
    one = st.fixed_dictionaries({"Name": name, "Values": st.lists(values, max_size=4)})
    return st.lists(one, max_size=3)


@pytest.fixture(scope="module", params=range(2))
def connection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    path: Path = tmp_path_factory.mktemp("rows") / "cloud.db"
    lay_schema(path)
    with unsynced():
        engine = engine_on(path)
        with engine.connect() as connection:
            RandomRows(connection, random.Random(request.param)).fill()
            yield connection
    engine.dispose()


def a_cloud() -> Cloud:
    """All that listings need of one."""
    troubles = SimpleNamespace(overdue=list)
    return cast("Cloud", SimpleNamespace(descriptions=Descriptions(), world=SimpleNamespace(troubles=troubles)))


def answers(connection: Connection, listing: Listing[Any], action: str, parameters: Mapping[str, Any]) -> list[Any]:
    """All the pages of a listing, one after another."""
    call, found = Call(action, ACCOUNT, REGION, "r", "AKIA", AT), []
    asked = Asked(a_cloud(), call, parameters, None)
    while True:
        answer = listing._answer(connection, asked)
        assert answer is not None
        found.append({**answer})
        if (token := found[-1].pop("NextToken", None)) is None:
            return found
        asked = replace(asked, parameters={**parameters, "NextToken": token})


@pytest.mark.parametrize("action", SELECTED)
@settings(max_examples=80)
@given(data=st.data())
def test_a_listing_is_the_same_whoever_selects(connection: Connection, action: str, data: st.DataObject) -> None:
    listing = SELECTED[action]
    tagged = listing.tagged or listing.own_tags is not None
    filters = data.draw(filters_of(sorted(listing.filters), tagged=tagged))
    parameters: dict[str, Any] = {"Filters": filters} if filters else {}
    parameters |= data.draw(st.sampled_from([{}, {"MaxResults": 5}, {"MaxResults": 7}, {"MaxResults": 1000}]))
    if action == "DescribeInstanceStatus":
        parameters |= data.draw(st.sampled_from([{}, {"IncludeAllInstances": True}]))
    if action == "DescribeImages":
        parameters |= data.draw(st.sampled_from([{}, {"IncludeDisabled": True}, {"ExecutableUsers": ["all"]}]))
    if action == "DescribeSnapshots":
        parameters |= data.draw(st.sampled_from([{}, {"RestorableByUserIds": ["all"]}, {"OwnerIds": ["amazon"]}]))
    also_selected = answers(connection, listing, action, parameters)
    assert also_selected == answers(connection, replace(listing, selection=None), action, parameters)


@settings(max_examples=200)
@given(filters=filters_of(sorted(FILTERS)), most=st.sampled_from([None, 5, 7, 1000]))
def test_instances_are_the_same_whoever_selects(
    connection: Connection, filters: list[dict[str, Any]], most: int | None
) -> None:
    call = Call("DescribeInstances", ACCOUNT, REGION, "r", "AKIA", AT)
    cloud = a_cloud()
    every = described(
        cloud, connection, call, dict.fromkeys((one.id for one in instances.in_scope(connection, call.scope)), 0)
    )
    parameters: dict[str, Any] = {"Filters": filters, "MaxResults": most}
    while True:
        expected = page(
            call, parameters, every, filters=FILTERS, key=describe_instances._key, tags=describe_instances._tags
        )
        found = selected(
            call=call,
            connection=connection,
            parameters=parameters,
            selection=INSTANCES,
            items=lambda rows: described(cloud, connection, call, dict(rows)),
            filters=FILTERS,
            key=describe_instances._key,
        )
        assert [one.instance.id for one in found[0]] == [one.instance.id for one in expected[0]]
        assert found[1] == expected[1]
        if found[1] is None:
            return
        parameters["NextToken"] = found[1]


@pytest.mark.parametrize(
    "last", ["", "x", "1 2", "-1 x", "1e3 x", "9" * 40 + " x 0 i-1", "1 r-1 x i-1", "\u0661 r-1 0 i-1"]
)
def test_a_token_whose_key_is_none_is_refused(connection: Connection, last: str) -> None:
    """Whoever knows how tokens are made can make one of anything."""
    call = Call("DescribeInstances", ACCOUNT, REGION, "r", "AKIA", AT)
    token = _token(last, _fingerprint(call, {}))
    with pytest.raises(Ec2Error) as refusal:
        selected(connection, call, {"NextToken": token}, INSTANCES, lambda _: [], filters={}, key=str)
    assert refusal.value.message == f"Value ( {token} ) for parameter NextToken is invalid. The token is invalid."


def test_every_selection_compares_by_filters_that_there_are() -> None:
    for listing in SELECTED.values():
        assert listing.selection is not None
        assert set(listing.selection.comparisons) <= set(listing.filters) | {"tag-key", "tag-value"}
    assert set(INSTANCES.comparisons) <= set(FILTERS)


@pytest.mark.parametrize("few", [0, 3])
def test_many_matches_are_walked_and_few_are_looked_up(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """The random rows are few: here they are not."""
    volumes = SELECTED["DescribeVolumes"]
    monkeypatch.setattr("kumoniwa.store.selection.FEW", few)
    for filters in (
        [{"Name": "tag-key", "Values": ["*"]}],
        [{"Name": "tag-key", "Values": ["N*", "k*"]}, {"Name": "tag-value", "Values": ["*b*"]}],
        [{"Name": "tag:Name", "Values": ["*"]}, {"Name": "status", "Values": ["in-use", "available"]}],
        [{"Name": "attachment.instance-id", "Values": ["i-*"]}, {"Name": "tag-key", "Values": ["*ame"]}],
    ):
        parameters = {"Filters": filters, "MaxResults": 5}
        found = answers(connection, volumes, "DescribeVolumes", parameters)
        assert found == answers(connection, replace(volumes, selection=None), "DescribeVolumes", parameters)


def test_what_is_kept_of_requests_with_many_filters_is_nothing(connection: Connection) -> None:
    """There are as many of them as one likes, and each would take megabytes."""
    volumes = SELECTED["DescribeVolumes"]
    answers(connection, volumes, "DescribeVolumes", {"MaxResults": 5})
    kept = _listing.cache_info()
    for several in range(2):
        filters = [
            {"Name": "status", "Values": ["in-use", "available"][several:]},
            {"Name": "size", "Values": ["*"]},
        ] * 50
        parameters = {"Filters": filters, "MaxResults": 5}
        found = answers(connection, volumes, "DescribeVolumes", parameters)
        assert found == answers(connection, replace(volumes, selection=None), "DescribeVolumes", parameters)
    assert _listing.cache_info() == kept
