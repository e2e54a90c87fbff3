"""What holds for every Describe action: the size of its pages, ids and pages, tokens, lists that are empty."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.api import ec2
from kumoniwa.api.listing import Listing
from kumoniwa.api.registry import ACTIONS
from kumoniwa.gateway.protocols.codec import service_model
from kumoniwa.modules import import_all

import_all(ec2)

pytestmark = pytest.mark.anyio

_MODEL = service_model("ec2", "2016-11-15")


def _listings() -> Iterator[tuple[str, Listing[Any]]]:
    for name, action in sorted(ACTIONS["ec2"].items()):
        words = inspect.unwrap(action.function).__code__.co_names
        named = (vars(inspect.getmodule(action.function)).get(word) for word in words)
        yield from ((name, value) for value in named if isinstance(value, Listing))


LISTINGS = dict(_listings())
PAGED = sorted(name for name in ACTIONS["ec2"] if "MaxResults" in _MODEL.operation_model(name).input_shape.members)


@pytest.mark.parametrize("most", [-(2**31), -5, 0, 1001, 2**31 - 1])
async def test_no_page_is_empty_or_too_large(stack: Stack, most: int) -> None:
    for name in PAGED:
        answer = await stack.caller.post(f"Action={name}&Version=2016-11-15&MaxResults={most}")
        assert answer.status == 400, name
        assert "<Code>InvalidParameterValue</Code>" in answer.text, name
        assert f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value " in answer.text, name


REFUSALS = {
    ("DescribeImages", "ImageIds", "ami-1234567890abcdef0"): "The parameter imageIdsSet cannot be used with the "
    "parameter maxResults",
    ("DescribeInstances", "InstanceIds", "i-1234567890abcdef0"): "The parameter instancesSet cannot be used with the "
    "parameter maxResults",
    ("DescribeNetworkInterfaces", "NetworkInterfaceIds", "eni-1234567890abcdef0"): "The parameter NetworkInterfaceIds "
    "cannot be used with the parameter MaxResults",
    ("DescribeSecurityGroupRules", "SecurityGroupRuleIds", "sgr-1234567890abcdef0"): "The parameter "
    "'securityGroupRuleIds' may not be used in combination with 'maxResults'.",
    ("DescribeSecurityGroups", "GroupIds", "sg-1234567890abcdef0"): "The parameter securityGroupIdSet cannot be used "
    "with the parameter maxResults",
    ("DescribeSnapshots", "SnapshotIds", "snap-1234567890abcdef0"): "The parameter snapshotSet cannot be used with the "
    "parameter maxResults",
    ("DescribeVolumes", "VolumeIds", "vol-1234567890abcdef0"): "The parameter volumeSet cannot be used with the "
    "parameter maxResults",
    ("DescribeVpcs", "VpcIds", "vpc-1234567890abcdef0"): "The parameter VpcIds cannot be used with the parameter "
    "MaxResults",
}


async def test_ids_and_pages_do_not_go_together(stack: Stack) -> None:
    """Said before the id is looked for: there is none of these (aws-sdk-ruby issue 3028)."""
    for (action, parameter, identifier), message in REFUSALS.items():
        with pytest.raises(Refused) as refusal:
            await stack.call(action, MaxResults=10, **{parameter: [identifier]})
        assert (refusal.value.code, refusal.value.message) == ("InvalidParameterCombination", message)


async def test_a_token_that_is_none_is_refused(stack: Stack) -> None:
    for name in PAGED:
        with pytest.raises(Refused) as refusal:
            await stack.call(name, NextToken="no-token")
        of_rules = name == "DescribeSecurityGroupRules"
        assert refusal.value.code == ("InvalidPaginationToken" if of_rules else "InvalidParameterValue"), name


async def test_a_list_that_is_empty_is_in_the_answer(stack: Stack) -> None:
    """Clients read the element without asking whether it is there."""
    for name, listing in LISTINGS.items():
        by = min(listing.filters)
        value = "sg-1234567890abcdef0" if by == "group-id" else "nothing has this value"  # ids of groups are checked
        nothing = [{"Name": by, "Values": [value]}]
        assert (await stack.call(name, Filters=nothing))[listing.member] == [], name
