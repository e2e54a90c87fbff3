"""Every refusal in words of ours says what happened and what can be done: whatever makes one takes a `way_out`.

The types do the work: nothing that has one is made without it. Here is held that words of ours have such a type.
"""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import kumoniwa
from kumoniwa.cli.main import _said_in_a_sentence
from kumoniwa.client.access import CommandFailed, NoCloud, Refused
from kumoniwa.errors import Ec2Error, InvalidRequest
from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.modules import import_all
from kumoniwa.refusal import Refusal
from kumoniwa.run import ProgramFailed, ProgramMissing

_SRC = Path(kumoniwa.__file__).parent
_OUR_NAME = "Kumoniwa"
_IN_ITS_OWN_WAY = {
    DriverError: "what it could not do; the API shows it as the reason of a state",
    ProgramFailed: "what a program wrote as it failed, in its own words",
    ProgramMissing: "names the package to install",
}


def _refusals(kind: type[Exception]) -> Iterator[type[Exception]]:
    for one in kind.__subclasses__():
        yield one
        yield from _refusals(one)


def _all_refusals() -> dict[str, type[Exception]]:
    for package in ("api", "app", "client", "gateway", "lab", "placement", "store"):
        import_all(importlib.import_module(f"kumoniwa.{package}"))
    return {one.__name__: one for kind in (Ec2Error, Refusal) for one in _refusals(kind)}


def _takes_way_out(kind: type[Exception]) -> bool:
    return "way_out" in inspect.signature(kind.__init__).parameters


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Where each exception is made, its name, and the call."""
    for path in sorted(_SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield f"{path.relative_to(_SRC)}:{node.lineno}", node.func.id, node


def _text(node: ast.AST) -> str:
    return "".join(one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))


def test_words_of_ours_are_in_refusals_that_have_a_way_out() -> None:
    refusals, found = _all_refusals(), 0
    for place, name, call in _calls():
        if name not in refusals or _OUR_NAME not in _text(call):
            continue
        found += 1
        assert _takes_way_out(refusals[name]), f"{place}: {name} is for EC2's words"
    assert found > 5


def test_no_way_out_is_empty() -> None:
    refusals, found = _all_refusals(), 0
    for place, name, call in _calls():
        if name not in refusals:
            continue
        for keyword in call.keywords:
            if keyword.arg == "way_out":
                found += 1
                is_text = isinstance(keyword.value, ast.Constant | ast.JoinedStr)
                assert not is_text or _text(keyword.value).strip(), place
    assert found > 40


def test_a_default_way_out_is_a_sentence() -> None:
    for kind in _all_refusals().values():
        parameter = inspect.signature(kind.__init__).parameters.get("way_out")
        if parameter is not None and parameter.default is not parameter.empty and kind is not InvalidRequest:
            assert parameter.default.endswith("."), kind


def test_what_the_command_line_says_in_a_sentence_has_a_way_out() -> None:
    importlib.import_module("kumoniwa.app.errors")
    for kind in _said_in_a_sentence():
        assert issubclass(kind, Refusal) or kind in _IN_ITS_OWN_WAY, kind


def test_a_refusal_says_what_happened_and_then_the_way_out() -> None:
    assert str(CommandFailed("It is dark.", way_out="Make light.")) == "It is dark. Make light."
    assert str(CommandFailed.of(NoCloud(Path("/x")))).startswith(
        "No cloud is running in /x. Start one in another terminal"
    )
    assert str(Refused("StopInstances", "Code", "EC2's words.")) == "StopInstances was refused: EC2's words. (Code)"


def test_a_refusal_cannot_be_made_without_a_way_out() -> None:
    with pytest.raises(TypeError):
        CommandFailed("It is dark.")  # type: ignore[call-arg]
