"""Tags, made, told and taken away."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from example_guest import INSTANCE

from kumoniwa.store import instances

pytestmark = pytest.mark.anyio

OTHER = "i-0fedcba9876543210"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    """Two instances without tags."""
    async with bare_cloud(tmp_path) as made:
        both = (INSTANCE, replace(INSTANCE, id=OTHER, public_ip=None))
        await made.database.write(lambda connection: instances.add(connection, *both))
        yield made


async def tag(cloud: BareCloud, *resources: str, **tags: str) -> None:
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    await cloud.ask("CreateTags", Resources=list(resources), Tags=pairs)


async def told(cloud: BareCloud, *filters: tuple[str, str]) -> list[tuple[str, str, str]]:
    asked = [{"Name": name, "Values": [value]} for name, value in filters]
    found = (await cloud.ask("DescribeTags", Filters=asked))["Tags"]
    return [(one["ResourceId"], one["Key"], one["Value"]) for one in found]


async def test_tags_are_told_and_a_key_gets_its_newest_value(cloud: BareCloud) -> None:
    await tag(cloud, INSTANCE.id, OTHER, Name="web", Team="blue")
    await tag(cloud, OTHER, Name="database")
    assert await told(cloud, ("key", "Name")) == [(INSTANCE.id, "Name", "web"), (OTHER, "Name", "database")]
    assert await told(cloud, ("tag:Team", "bl*"), ("resource-id", OTHER)) == [(OTHER, "Team", "blue")]
    assert await told(cloud, ("resource-type", "volume")) == []
    assert await told(cloud, ("value", "WEB")) == []


async def test_a_page_of_tags_may_have_other_filters_than_the_one_before(cloud: BareCloud) -> None:
    await tag(cloud, INSTANCE.id, **{f"k{number}": "v" if number < 6 else "w" for number in range(8)})
    of_value = [{"Name": "value", "Values": ["v"]}]
    first = await cloud.ask("DescribeTags", Filters=of_value, MaxResults=5)
    of_instance = [{"Name": "resource-id", "Values": [INSTANCE.id]}]
    rest = await cloud.ask("DescribeTags", Filters=of_instance, MaxResults=5, NextToken=first["NextToken"])
    assert [one["Key"] for one in first["Tags"]] == ["k0", "k1", "k2", "k3", "k4"]
    assert [one["Key"] for one in rest["Tags"]] == ["k5", "k6", "k7"]
    assert "NextToken" not in rest


async def test_a_change_of_tags_is_a_change_of_the_instance(cloud: BareCloud) -> None:
    await tag(cloud, INSTANCE.id, Name="web")
    await cloud.ask("DeleteTags", Resources=[INSTANCE.id])
    instance = await cloud.database.read(partial(instances.get, instance_id=INSTANCE.id))
    assert instance is not None
    assert instance.version == INSTANCE.version + 2


async def test_tags_go_by_key_by_value_or_all(cloud: BareCloud) -> None:
    await tag(cloud, INSTANCE.id, a="1", b="2", c="3", d="")
    await cloud.ask("DeleteTags", Resources=[INSTANCE.id], Tags=[{"Key": "a"}, {"Key": "b", "Value": "other"}])
    await cloud.ask("DeleteTags", Resources=[INSTANCE.id], Tags=[{"Key": "d", "Value": ""}, {"Key": "never there"}])
    assert [key for _, key, _ in await told(cloud)] == ["b", "c"]
    await cloud.ask("DeleteTags", Resources=[INSTANCE.id])
    assert await told(cloud) == []


@pytest.mark.parametrize(
    ("tags", "code", "message"),
    [
        (
            [{"Key": "aws:cloudformation", "Value": "x"}],
            "InvalidParameterValue",
            "Tag keys starting with 'aws:' are reserved for internal use",
        ),
        ([{"Key": "k" * 128, "Value": "x"}], "InvalidParameterValue", None),
        ([{"Key": "k", "Value": "x" * 257}], "InvalidParameterValue", None),
        *(
            (
                tags,
                "InvalidParameterValue",
                "Value ( '' ) for parameter Tag key is invalid. Tag key cannot be null or empty.",
            )
            for tags in ([{"Key": "", "Value": "x"}], [{"Key": "k", "Value": ""}, {"Value": "x"}])
        ),
        ([{"Key": "k"}], "InvalidParameterValue", "Tag value cannot be null. Use empty string instead."),
        ([{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}], "InvalidParameterValue", None),
        (
            [{"Key": f"k{number}", "Value": ""} for number in range(51)],
            "TagLimitExceeded",
            "The maximum number of Tags for a resource has been reached.",
        ),
    ],
)
async def test_a_bad_tag_is_refused(
    cloud: BareCloud, tags: list[dict[str, Any]], code: str, message: str | None
) -> None:
    with refused(code, message):
        await cloud.ask("CreateTags", Resources=[INSTANCE.id], Tags=tags)


async def test_the_fifty_first_tag_is_refused_and_a_new_value_is_not(cloud: BareCloud) -> None:
    await tag(cloud, INSTANCE.id, **{f"k{number}": "" for number in range(50)})
    await tag(cloud, INSTANCE.id, k0="new")
    with refused("TagLimitExceeded"):
        await tag(cloud, INSTANCE.id, another="")


@pytest.mark.parametrize(
    ("resource", "code", "message"),
    [
        ("i-00000000", "InvalidInstanceID.NotFound", "The instance ID 'i-00000000' does not exist"),
        ("vol-00000000", "InvalidVolume.NotFound", "The volume 'vol-00000000' does not exist."),
        ("snap-00000000", "InvalidSnapshot.NotFound", "The snapshot 'snap-00000000' does not exist."),
        ("ami-00000000", "InvalidAMIID.NotFound", "The image id '[ami-00000000]' does not exist"),
        (
            "eipalloc-00000000",
            "InvalidElasticIpID.NotFound",
            "The elastic-ip ID 'eipalloc-00000000' does not exist",
        ),
        ("sg-00000000", "InvalidGroup.NotFound", "The security group 'sg-00000000' does not exist"),
        ("box-00000000", "InvalidID", "The ID 'box-00000000' is not valid"),
        ("nonsense", "InvalidID", "The ID 'nonsense' is not valid"),
    ],
)
async def test_a_resource_that_is_not_there_refuses_the_whole_call(
    cloud: BareCloud, resource: str, code: str, message: str
) -> None:
    with refused(code, message):
        await tag(cloud, INSTANCE.id, resource, Name="x")
    assert await told(cloud) == []


async def test_another_account_can_neither_tag_nor_see(cloud: BareCloud) -> None:
    await tag(cloud, INSTANCE.id, Name="mine")
    assert (await cloud.ask("DescribeTags", account="210987654321"))["Tags"] == []
    with refused("InvalidInstanceID.NotFound"):
        await cloud.ask("CreateTags", account="210987654321", Resources=[INSTANCE.id], Tags=[{"Key": "k", "Value": ""}])


@pytest.mark.parametrize(
    ("specifications", "message"),
    [
        (
            [{"ResourceType": "instance", "Tags": [{"Key": "k", "Value": ""}]}],
            "'instance' is not a valid taggable resource type for this operation.",
        ),
        ([{"Tags": [{"Key": "k", "Value": ""}]}], "Tag specification resource type must have a value"),
        ([{"ResourceType": "key-pair"}], "Tag specification must have at least one tag"),
    ],
)
async def test_tags_at_creation_are_checked(
    cloud: BareCloud, specifications: list[dict[str, Any]], message: str
) -> None:
    with refused("InvalidParameterValue", message):
        await cloud.ask("CreateKeyPair", KeyName="k", KeyType="ed25519", TagSpecifications=specifications)


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        (
            {"ResourceType": "subnet", "Tags": [{"Key": "k", "Value": ""}]},
            "'subnet' is not a valid taggable resource type for this operation.",
        ),
        ({"Tags": [{"Key": "k", "Value": ""}]}, "Tag specification resource type must have a value"),
        ({"ResourceType": "vpc"}, "Tag specification must have at least one tag"),
    ],
)
async def test_the_actions_of_vpc_refuse_tags_at_creation_with_a_code_of_their_own(
    cloud: BareCloud, specification: dict[str, Any], message: str
) -> None:
    with refused("InvalidParameter", message):
        await cloud.ask("CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=[specification])
