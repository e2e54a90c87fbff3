"""EC2's model, walked: what it documents of the network's actions is taken, refused by name, or known to be empty."""

import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from documented_filters import documented
from every_listing import LISTINGS
from model_parameters import ec2_model, parameters_of

from kumoniwa.api.registry import ACTIONS

_OF_GATEWAY = {"ClientToken", "DryRun", "Filter", "Filters", "MaxResults", "NextToken", "TagSpecifications"}
"""What the gateway, listings and tags take for every action."""
_WITHOUT_EFFECT = {
    ("DescribeAddressesAttribute", "Attribute"): "addresses have one attribute",
    ("ResetAddressAttribute", "Attribute"): "addresses have one attribute",
    ("DescribeVpcClassicLink", "VpcIds"): "it is refused, whatever it asks for",
    ("DescribeVpcClassicLinkDnsSupport", "VpcIds"): "it is refused, whatever it asks for",
    ("DescribeNetworkInterfaces", "IncludeManagedResources"): "no service manages interfaces here",
}
_NETWORK = sorted(
    name for name, one in ACTIONS["ec2"].items() if ".ec2.network." in inspect.unwrap(one.function).__module__
)


@cache
def _words(module: str) -> frozenset[str]:
    """All that stands in quotes in a module of actions, and in those that it imports."""
    found, left = set[str](), {module}
    seen = set[str]()
    while left:
        name = left.pop()
        seen.add(name)
        text = Path(str(sys.modules[name].__file__)).read_text()
        found |= {part for word in re.findall(r'"([\w.]+)"', text) for part in word.split(".")}
        imported = set(re.findall(r"from (kumoniwa\.api\.ec2\.[\w.]+) import", text))
        left |= {each for each in imported if each in sys.modules and each != "kumoniwa.api.ec2.kinds"} - seen
    return frozenset(found)


def _unnamed(action: str) -> Iterator[str]:
    registered = ACTIONS["ec2"][action]
    words = _words(inspect.unwrap(registered.function).__module__)
    refused = tuple(one.path for one in registered.extent.not_built)
    for path in sorted(parameters_of(action)):
        is_refused = any(path == one or path.startswith(f"{one}.") for one in refused)
        if path.split(".")[0] in _OF_GATEWAY or is_refused or (action, path) in _WITHOUT_EFFECT:
            continue
        if not words.issuperset(path.split(".")):
            yield path


def test_there_are_actions_of_the_network() -> None:
    assert len(_NETWORK) > 80


@pytest.mark.parametrize("action", _NETWORK)
def test_every_documented_parameter_is_taken_or_refused_by_name(action: str) -> None:
    assert list(_unnamed(action)) == []


@pytest.mark.parametrize("action", LISTINGS)
def test_every_documented_filter_is_one_of_the_listing(action: str) -> None:
    members = ec2_model().operation_model(action).input_shape.members
    member = next((name for name in ("Filters", "Filter") if name in members), None)
    if member is None:
        return
    listing = LISTINGS[action]
    has_tags = listing.tagged or listing.own_tags is not None
    names = [name for name in documented(action, member) if not (has_tags and name.startswith("tag"))]
    assert [name for name in names if name not in listing.filters] == []
