"""The reference is what the code says: its pages are fresh, and what actions say of themselves is whole."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from model_parameters import parameters_of
from reference_pages import FOLDER, PAGES, WRITTEN
from reference_pages.actions import Built, document

import kumoniwa.api.ec2
from kumoniwa.api.not_built import NotBuiltParameter, below
from kumoniwa.api.registry import ACTIONS, Depth, Extent, action
from kumoniwa.modules import import_all

import_all(kumoniwa.api.ec2)

_REFUSALS = ("Kumoniwa does not implement ",)
_REAL = Extent(Depth.REAL, "", ())
_EXTENTS = {name: registered.extent for name, registered in ACTIONS["ec2"].items()}
_DECLARED = [parameter for extent in _EXTENTS.values() for parameter in extent.not_built]
_MODULES = [module for name, module in sys.modules.items() if name.startswith("kumoniwa.api.ec2.")]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_what_is_written_from_the_code_is_what_the_code_says(path: Path) -> None:
    assert path.read_text() == WRITTEN[path](), "run scripts/reference"


def test_the_reference_has_no_other_pages() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_readme_counts_the_actions_as_the_reference_does() -> None:
    counted = re.search(r"The EC2 API has (\d+) actions .*? answers (\d+) of them", PAGES["actions.md"](), re.DOTALL)
    assert counted is not None
    readme = (FOLDER.parents[1] / "README.md").read_text()
    assert "Of EC2's {} actions, Kumoniwa answers {}.".format(*counted.groups()) in readme


def test_every_action_says_how_far_it_is_built() -> None:
    assert _EXTENTS
    for name, extent in _EXTENTS.items():
        assert (extent.depth is Depth.REAL) != bool(extent.missing or extent.not_built), name
        assert extent.missing == "" or extent.missing.endswith("."), f"{name}: whole sentences"


@pytest.mark.parametrize(
    "extent",
    [
        {"missing": "It does nothing."},
        {"not_built": (NotBuiltParameter("Colour", "colours"),)},
        {"depth": Depth.PARTLY},
        {"depth": Depth.RECORDED},
    ],
)
def test_a_depth_that_contradicts_what_is_missing_is_refused(extent: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        action("PaintInstances", **extent)
    assert "PaintInstances" not in ACTIONS["ec2"]


@pytest.mark.parametrize("name", sorted(name for name, extent in _EXTENTS.items() if extent.not_built))
def test_every_parameter_that_an_action_refuses_is_one_of_the_model(name: str) -> None:
    model = parameters_of(name)
    for parameter in _EXTENTS[name].not_built:
        path = parameter.path
        assert any(leaf == path or leaf.startswith(f"{path}.") for leaf in model), path


def test_every_parameter_that_is_not_built_is_declared_by_an_action() -> None:
    declared = {(one.path.rpartition(".")[2], one.what) for one in _DECLARED}
    written = {one.path: one.what for module in _MODULES for one in _unbuilt(module)}
    assert written
    for path, what in written.items():
        assert (path.rpartition(".")[2], what) in declared, f"no action says that it refuses {path}"


def test_every_refusal_in_an_action_is_declared_by_an_action() -> None:
    declared = {one.what for one in _DECLARED}
    refusals = {text for module in _MODULES for text in _refused_in(module)}
    assert {"enclaves", "changing the attribute "} <= refusals
    for text in refusals:
        assert any(what.startswith(text) for what in declared), f"no action says that it refuses {text}"


def test_an_action_of_the_model_that_is_not_registered_is_listed_as_not_built() -> None:
    page = document(["PaintInstances", "RunInstances"], {"RunInstances": Built("instances", _REAL)})
    assert "\n### Instances\n" in page
    assert "| `RunInstances` | real |  |" in page
    assert "**Paint** (1): `PaintInstances`." in page
    assert "| not built | 1 |" in page


def test_many_refusals_have_a_table_of_their_own() -> None:
    not_built = below("Look", [NotBuiltParameter(f"P{number}", f"thing {number}", ("no",)) for number in range(9)])
    page = document(
        ["PaintInstances"], {"PaintInstances": Built("walls", Extent(Depth.PARTLY, "It does not dry.", not_built))}
    )
    assert "| `PaintInstances` | partly | It does not dry. [9 things are refused](#paintinstances). |" in page
    assert "\n### PaintInstances\n" in page
    assert "| thing 8 | `Look.P8` other than `no` |" in page


def _unbuilt(module: ModuleType) -> Iterator[NotBuiltParameter]:
    """The parameters that a module declares in tuples of its own."""
    for value in vars(module).values():
        if isinstance(value, tuple):
            yield from (one for one in value if isinstance(one, NotBuiltParameter))


def _refused_in(module: ModuleType) -> Iterator[str]:
    """What a module refuses by name where it stands: the text of `NotBuilt`, as far as it is constant."""
    assert module.__file__ is not None
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        text = _constant(node.args[-1])
        if node.func.id == "NotBuilt" and text:
            yield text
        for refusal in _REFUSALS:
            if text.startswith(refusal) and text != refusal:
                yield text.removeprefix(refusal).removesuffix(".")


def _constant(node: ast.expr) -> str:
    """A text, or how it begins."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
