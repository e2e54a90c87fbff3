"""The order of the house that is the API: where an action lives, what its module says, how it lists."""

import ast
import importlib
import inspect
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import botocore.session
import pytest

import kumoniwa
from kumoniwa.api import ec2
from kumoniwa.api.listing import Listing
from kumoniwa.api.registry import ACTIONS
from kumoniwa.modules import import_all

import_all(ec2)

_SRC = Path(kumoniwa.__file__).parent
_EC2_FOLDERS = frozenset(
    {"fleets", "images", "instances", "key_pairs", "launch_templates", "network", "snapshots", "volumes"}
)
_OF_ALL_RESOURCES = frozenset({"kumoniwa.api.ec2.tags", "kumoniwa.api.ec2.regions"})
_PAGED_WITHOUT_LISTING = {
    "DescribeFleetInstances": "it is refused, as EC2 refuses it for the fleets that there are",
    "DescribeInstances": "its descriptions are made once per version, and answered under reservations",
    "DescribeVpcClassicLinkDnsSupport": "it is refused, whatever it asks for",
}
_FLOORS_BY_RESOURCE = frozenset({"model", "store"})  # each has a file for every resource, of the resource's name
_WORDS_OF_ROLES = frozenset({"cloud.py", "driver.py", "errors.py"})

_MODEL = botocore.session.Session().get_service_model("ec2")


def _modules() -> Iterator[Path]:
    yield from (path for path in sorted(_SRC.rglob("*.py")) if path.name != "__init__.py")


def _module_of(name: str) -> ModuleType:
    return importlib.import_module(ACTIONS["ec2"][name].function.__module__)


def _listings_of(name: str) -> list[Listing[Any]]:
    """The listings that an action's function names."""
    function = ACTIONS["ec2"][name].function
    assert isinstance(function, FunctionType)
    named = (function.__globals__.get(word) for word in function.__code__.co_names)
    return [value for value in named if isinstance(value, Listing)]


@pytest.mark.parametrize("name", sorted(ACTIONS["ec2"]))
def test_an_action_lives_in_the_folder_of_its_resource(name: str) -> None:
    module = _module_of(name).__name__
    folder = module.split(".")[3]
    assert module.startswith("kumoniwa.api.ec2.")
    assert folder in _EC2_FOLDERS or module in _OF_ALL_RESOURCES


@pytest.mark.parametrize("name", sorted(ACTIONS["ec2"]))
def test_an_action_says_what_it_promises_and_its_module_names_it(name: str) -> None:
    assert inspect.getdoc(ACTIONS["ec2"][name].function)
    documented = inspect.getdoc(_module_of(name)) or ""
    assert name in documented.replace("\n", " ")


def test_every_module_of_the_api_has_a_docstring() -> None:
    silent = [path for path in sorted((_SRC / "api").rglob("*.py")) if path.read_text() and not _documented(path)]
    assert silent == []


def _documented(path: Path) -> bool:
    return ast.get_docstring(ast.parse(path.read_text())) is not None


def test_a_base_name_stands_at_most_twice() -> None:
    """An action and its story may share a name. A reader who guesses a file must not have to choose among more."""
    names = Counter(
        path.name
        for path in _modules()
        if path.relative_to(_SRC).parts[0] not in _FLOORS_BY_RESOURCE and path.name not in _WORDS_OF_ROLES
    )
    assert {name: count for name, count in names.items() if count > 2} == {}


@pytest.mark.parametrize("name", sorted(ACTIONS["ec2"]))
def test_every_paged_action_is_a_listing(name: str) -> None:
    shape = _MODEL.operation_model(name).input_shape
    if shape is None or "MaxResults" not in shape.members:
        return
    if name in _PAGED_WITHOUT_LISTING:
        assert _listings_of(name) == []
    else:
        assert len(_listings_of(name)) == 1


@pytest.mark.parametrize("name", sorted(name for name in ACTIONS["ec2"] if _listings_of(name)))
def test_a_listing_names_members_of_the_model(name: str) -> None:
    operation, [listing] = _MODEL.operation_model(name), _listings_of(name)
    assert listing.member in operation.output_shape.members
    asked = operation.input_shape.members
    assert set(listing.whole) <= set(asked)
    assert not listing.ids or listing.ids in asked
    assert (listing.limits is not None) == ("MaxResults" in asked)
