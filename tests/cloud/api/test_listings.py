"""What holds for every Describe action: the size of its pages, ids and pages, tokens, lists that are empty."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from asgi import Refused
from every_action import REFUSED
from every_listing import LISTINGS
from model_parameters import ec2_model
from sqlalchemy import String
from stack import Stack

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.instances.selected_instances import INSTANCES
from kumoniwa.api.listing import page
from kumoniwa.api.registry import ACTIONS
from kumoniwa.config import DEFAULT_ACCOUNT
from kumoniwa.gateway.protocols.ec2 import wire_name
from kumoniwa.gateway.protocols.refusals import SENT_EMPTY
from kumoniwa.model.prefix_lists import provided

pytestmark = pytest.mark.anyio

_MODEL = ec2_model()
_MAY_BE_EMPTY = (".Value",)


_OF_A_LIST = {"PrefixListId": provided("us-east-1")[0].id}
REQUIRED: dict[str, dict[str, Any]] = {
    "DescribeLaunchTemplateVersions": {"Versions": ["$Latest"]},
    "GetInstanceTypesFromInstanceRequirements": {
        "ArchitectureTypes": ["x86_64"],
        "VirtualizationTypes": ["hvm"],
        "InstanceRequirements": {"VCpuCount": {"Min": 1}, "MemoryMiB": {"Min": 1}},
    },
    "GetManagedPrefixListAssociations": _OF_A_LIST,
    "GetManagedPrefixListEntries": _OF_A_LIST,
}
"""What these actions must be asked with besides."""
PAGED = sorted(
    name
    for name in ACTIONS["ec2"]
    if "MaxResults" in _MODEL.operation_model(name).input_shape.members and name not in REFUSED
)


async def _needed(stack: Stack, name: str) -> dict[str, Any]:
    """What a request of this action must have."""
    required = _MODEL.operation_model(name).input_shape.required_members
    if "VpcId" in required:
        return {"VpcId": (await stack.call("DescribeVpcs"))["Vpcs"][0]["VpcId"]}
    if "SubnetId" in required:
        return {"SubnetId": (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]}
    return REQUIRED.get(name, {})


def _form(name: str, **parameters: Any) -> str:
    members = _MODEL.operation_model(name).input_shape.members
    sent = {"Action": name, "Version": "2016-11-15"}
    for member, value in parameters.items():
        if isinstance(value, list):
            wire = wire_name(member, members[member].serialization)
            sent |= {f"{wire}.{number}": one for number, one in enumerate(value, 1)}
        elif isinstance(value, dict):
            sent |= {f"{member}.{one}.{bound}": least for one, of in value.items() for bound, least in of.items()}
        else:
            sent[member] = value
    return urlencode(sent)


_TAKES_MORE = {
    *("DescribeVpcEndpoints", "DescribeVpcEndpointServices", "DescribeVpcEndpointServiceConfigurations"),
    "DescribeSpotFleetRequests",
}
"""Actions that take any length of a page, and give a thousand: botocore's documentation of the first two."""


@pytest.mark.parametrize("most", [-(2**31), -5, 0, 1001, 2**31 - 1])
async def test_no_page_is_empty_or_too_large(stack: Stack, most: int) -> None:
    for name in PAGED:
        answer = await stack.caller.post(_form(name, **await _needed(stack, name), MaxResults=most))
        if (name in _TAKES_MORE and most > 0) or (name, most) == ("DescribeFastSnapshotRestores", 0):
            assert answer.status == 200, name
            continue
        assert answer.status == 400, name
        assert "<Code>InvalidParameterValue</Code>" in answer.text, name
        assert f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value " in answer.text, name


@pytest.mark.parametrize("most", ["abc", "9" * 5000, "1.5", " 5", "0x10", "+10", "true"])
async def test_a_page_has_a_size_in_digits(stack: Stack, most: str) -> None:
    for name in PAGED:
        answer = await stack.caller.post(_form(name, **await _needed(stack, name), MaxResults=most))
        assert answer.status == 400, name
        assert "<Code>InvalidParameterValue</Code>" in answer.text, name
        assert len(answer.text) < 1000, name


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
    (
        "DescribeSubnets",
        "SubnetIds",
        "subnet-1234567890abcdef0",
    ): "The parameter SubnetIds cannot be used with the parameter MaxResults",
    (
        "DescribeDhcpOptions",
        "DhcpOptionsIds",
        "dopt-1234567890abcdef0",
    ): "The parameter DhcpOptionsIds cannot be used with the parameter MaxResults",
    (
        "DescribeRouteTables",
        "RouteTableIds",
        "rtb-1234567890abcdef0",
    ): "The parameter RouteTableIds cannot be used with the parameter MaxResults",
    (
        "DescribeInternetGateways",
        "InternetGatewayIds",
        "igw-1234567890abcdef0",
    ): "The parameter InternetGatewayIds cannot be used with the parameter MaxResults",
    (
        "DescribeNetworkAcls",
        "NetworkAclIds",
        "acl-1234567890abcdef0",
    ): "The parameter NetworkAclIds cannot be used with the parameter MaxResults",
}


async def test_ids_and_pages_do_not_go_together(stack: Stack) -> None:
    """Said before the id is looked for: there is none of these (aws-sdk-ruby issue 3028)."""
    for (action, parameter, identifier), message in REFUSALS.items():
        with pytest.raises(Refused) as refusal:
            await stack.call(action, MaxResults=10, **{parameter: [identifier]})
        assert (refusal.value.code, refusal.value.message) == ("InvalidParameterCombination", message)


def _before_all(name: str) -> str:
    """A key that comes before every other of this action's listing."""
    selection = INSTANCES if name == "DescribeInstances" else LISTINGS[name].selection
    order = () if selection is None else selection.order
    return " ".join("" if isinstance(column.type, String) else "0" for column in order)


def _takes_any_filters(name: str) -> bool:
    return name in LISTINGS and LISTINGS[name].of_any_filters


def _token_of(name: str, region: str = "us-east-1", **parameters: Any) -> str:
    """The token of a page of this action's, after which all that there is comes."""
    call = Call(name, DEFAULT_ACCOUNT, region, "r", "AKIA", datetime.now(UTC))
    before = _before_all(name)
    every = [before, f"{before}x"]
    asked = {**parameters, "MaxResults": 1}
    filters = {"tag-key": lambda _: ("a",)}
    _, token = page(call, asked, every, filters=filters, key=str, of_any_filters=_takes_any_filters(name))
    assert token is not None
    return token


async def test_a_token_is_good_for_its_own_request_alone(stack: Stack) -> None:
    for name in PAGED:
        other = next(one for one in PAGED if one != name)
        required = await _needed(stack, name)
        token = _token_of(name, **required)
        await stack.call(name, NextToken=token, **required)
        refused = ["no-token", "", token[1:], f"{token[:-4]}AAA=", token.swapcase(), _token_of(other), "\u00e9" * 3000]
        refused.append(_token_of(name, "eu-west-1", **required))
        filtered = _token_of(name, **required, Filters=[{"Name": "tag-key", "Values": ["a"]}])
        if _takes_any_filters(name):
            await stack.call(name, NextToken=filtered, **required)
        else:
            refused.append(filtered)
        for one in refused:
            answer = await stack.caller.post(_form(name, **required, NextToken=one))
            if not one:  # an empty value is none
                assert answer.status == 200, name
                continue
            of_rules = name == "DescribeSecurityGroupRules"
            code = "InvalidPaginationToken" if of_rules else "InvalidParameterValue"
            assert (answer.status, f"<Code>{code}</Code>" in answer.text) == (400, True), (name, one)


async def test_a_list_that_is_empty_is_in_the_answer(stack: Stack) -> None:
    """Clients read the element without asking whether it is there."""
    for name, listing in LISTINGS.items():
        if not listing.filters:
            continue
        by = min(listing.filters)
        value = "sg-1234567890abcdef0" if by == "group-id" else "nothing has this value"  # ids of groups are checked
        nothing = [{"Name": by, "Values": [value]}]
        filters = (
            "Filter" if name in ("DescribeFlowLogs", "DescribeHosts", "DescribeNatGateways") else "Filters"
        )  # as the model has it
        asked = {**await _needed(stack, name), filters: nothing}
        assert (await stack.call(name, **asked))[listing.member] == [], name
    assert (await stack.call("DescribeInstances")) == {"Reservations": []}


def test_every_paged_action_is_walked() -> None:
    """DescribeInstances has no `Listing`; the walks name it."""
    assert set(PAGED) - set(LISTINGS) == {"DescribeInstances"}


def _lists(shape: Any, path: str, above: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Each list in a request, by its name on the wire, with the shape of its items."""
    if shape.name in above:
        return
    if shape.type_name == "list":
        yield path, shape.member
        yield from _lists(shape.member, f"{path}.1", (*above, shape.name))
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            wire = wire_name(name, member.serialization)
            yield from _lists(member, f"{path}.{wire}" if path else wire, (*above, shape.name))


async def test_an_item_that_is_empty_is_missing(stack: Stack) -> None:
    """EC2's answer to `InstanceId.1=` (aws-sdk-java 1131), where it has no other words. A filter's value and a tag's
    key are values, and may be."""
    for name in ACTIONS["ec2"]:
        shape = _MODEL.operation_model(name).input_shape
        codes = {"MissingParameter", *(refusal().code for (of, _), refusal in SENT_EMPTY.items() if of == shape.name)}
        for path, item in _lists(shape, ""):
            if item.type_name in ("structure", "list"):
                continue
            asked = {"Action": name, "Version": "2016-11-15"}
            listed = (await stack.caller.post(urlencode({**asked, f"{path}.1": ""}))).text
            bare = await stack.caller.post(urlencode({**asked, path: ""}))
            assert bare.status == 400, (name, path)
            assert "<Code>InvalidRequest</Code>" in bare.text, (name, path)
            if path.endswith(_MAY_BE_EMPTY):
                assert "<Code>InternalError" not in listed, (name, path)
            else:
                assert any(f"<Code>{code}</Code>" in listed for code in codes), (name, path, listed)
