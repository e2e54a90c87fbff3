"""Every refusal in words of ours says what happened and what can be done: whatever makes one takes a `way_out`.

The types do the work: nothing that has one is made without it. Here is held that words of ours have such a type; what a
driver could not do, and why a step failed, too: they are the reasons of states.
"""

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import kumoniwa
from kumoniwa.cli.main import _said_in_a_sentence
from kumoniwa.client.access import CommandFailed, NoCloud, Refused
from kumoniwa.errors import Ec2Error, InvalidRequest
from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.refusal import REPORT_IT, Refusal
from kumoniwa.run import ProgramFailed, ProgramMissing
from kumoniwa.workflows.overrides import overridden
from kumoniwa.workflows.workflow import StepFailed, internal_error

for found in pkgutil.walk_packages(kumoniwa.__path__, "kumoniwa."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)

_SRC = Path(kumoniwa.__file__).parent
_OURS = ("Kumoniwa", "The console")
_NO_REFUSALS = {
    "CallerLeft": "nobody waits for an answer",
    "CopyEnded": "the person who pressed Ctrl-C is told that the state is where it was",
    "CutShort": "whoever waits for the turn begins anew: what was done in it is not wanted any more",
    "DatabaseUnavailable": "the gateway answers Unavailable for it, a start CannotStart, a workflow tries again",
    "IllegalMove": "a bug of ours: InternalError, and the log",
    "LayerGone": "what the layer was made for was deleted: its file is not wanted any more",
    "Interrupted": "the server goes down, or a person pressed Ctrl-C",
    "NoSuchEnd": "whoever asks for a way through a VPC refuses the end in its own words",
    "NoKey": "the listing refuses the NextToken for it, in EC2's words",
    "NoSuchVpc": "its network ends with it",
    "NftRefused": "what is not admitted is kept silent by sockets then, and the log and doctor say why",
    "NotYet": "the connection is tried again, and then DatabaseUnavailable is raised for it",
    "NotAnObject": "each door refuses the body for it in its own words",
    "NotAKey": "the action refuses the key in EC2's words",
    "NotHttp": "the connection is answered with 400, or ends",
    "NotJson": "whoever asked raises a DriverError for it",
    "NotOpened": "the guest boots without its memory, and its timeline says why",
    "OutcomeUnknown": "as DatabaseUnavailable, which it is",
    "Refused": "the agent in an image says it at its launch port; the command line's has a way out",
    "SchemaTooOld": "the command line refuses the folder for it",
    "StandbyAway": "DatabaseUnavailable is raised for it, and CannotCopy where a copy is on one side only",
    "Stopped": "it ends a thread, and whoever stopped it looks at how that ended",
    "StepUnknown": "tried again; a person is told of it with a hint, as of all troubles",
    "TooFew": "CreateFleet tries other pools, and its answer says what each refused",
    "_Failed": "whoever asked for the migration raises a DriverError for it",
    "_Held": "as DatabaseUnavailable, which it is",
    "_NotDone": "the commit is done again",
    "_Unusable": "a file of the cache is made anew",
    "_Over": "a page with a serial console is closed for it, and says what it does then",
    "Unreadable": "a fault that storage check lists, with what can be done",
    "_NotNow": "a read goes on in a thread",
    "WorldBroken": "a bug of ours, which the simulated driver finds",
}
"""Exceptions of ours whose texts are not what a person is refused with."""
_NEVER_CAUGHT = {"IllegalMove", "WorldBroken"}
"""Bugs: nothing expects them."""
_HEARD_OTHERWISE = {
    "Interrupted",
    "Refused",  # the agent's main loop hears of all that fails
    "Stopped",
    "StandbyAway",  # looked for among the causes of what SQLAlchemy raises
    "_NotDone",  # whoever takes its transaction back looks for it
}
"""What no handler names."""
_JOURNALED = "JournaledFailure"


def _refusals(kind: type[Exception]) -> Iterator[type[Exception]]:
    for one in kind.__subclasses__():
        yield one
        yield from _refusals(one)


def _all_refusals() -> dict[str, type[Exception]]:
    return {one.__name__: one for kind in (Ec2Error, Refusal) for one in (kind, *_refusals(kind))}


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
        if name not in refusals or not any(ours in _text(call) for ours in _OURS):
            continue
        found += 1
        has_one = issubclass(refusals[name], Refusal) and name != _JOURNALED  # of its own, where the call gives none
        assert has_one or _takes_way_out(refusals[name]), f"{place}: {name} is for EC2's words"
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
    assert found > 150


def test_a_default_way_out_is_a_sentence() -> None:
    for kind in _all_refusals().values():
        parameter = inspect.signature(kind.__init__).parameters.get("way_out")
        if parameter is not None and parameter.default is not parameter.empty and kind is not InvalidRequest:
            assert parameter.default.endswith("."), kind


def _exceptions() -> set[type[BaseException]]:
    """All that Kumoniwa raises of its own."""
    return {
        one
        for name, module in tuple(sys.modules.items())
        if name.startswith("kumoniwa.")
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, BaseException) and one.__module__.startswith("kumoniwa.")
    }


def test_whatever_is_raised_says_what_to_do_or_is_no_refusal() -> None:
    others = {one.__name__ for one in _exceptions() if not issubclass(one, (Refusal, Ec2Error))}
    assert others == _NO_REFUSALS.keys()
    assert {DriverError, StepFailed, ProgramFailed, ProgramMissing} <= _exceptions()


def test_what_is_no_refusal_is_caught_before_a_person_sees_it() -> None:
    caught = {
        name.id if isinstance(name, ast.Name) else name.attr
        for path in _SRC.rglob("*.py")
        for handler in ast.walk(ast.parse(path.read_text()))
        if isinstance(handler, ast.ExceptHandler) and handler.type is not None
        for name in ast.walk(handler.type)
        if isinstance(name, ast.Name | ast.Attribute)
    }
    for name in _NO_REFUSALS.keys() - _NEVER_CAUGHT:
        assert (name in caught) != (name in _HEARD_OTHERWISE), name


def test_only_a_journal_s_text_is_a_failure_without_a_way_out() -> None:
    """It ends with one: what is journaled is a Refusal's text."""
    made = {place.partition(":")[0] for place, name, _ in _calls() if name == _JOURNALED}
    assert made == {
        "workflows/workflow.py",
        "workflows/stories/instances/resume_instance.py",
        "workflows/stories/snapshots/create_snapshots.py",
    }


@pytest.mark.parametrize(
    "failure",
    [*map(internal_error, (ValueError("x" * 5000), OSError(5, "x" * 5000), TimeoutError())), overridden(None)],
)
def test_what_fails_a_step_besides_itself_says_what_to_do_at_no_length(failure: Refusal) -> None:
    assert failure.way_out.endswith(".")
    assert len(str(failure)) < 600


def test_only_what_is_our_fault_is_to_be_reported() -> None:
    assert internal_error(KeyError("x")).way_out == REPORT_IT
    for by_the_host in (PermissionError(13, "Permission denied"), TimeoutError()):
        assert REPORT_IT not in str(internal_error(by_the_host))


def test_what_the_command_line_says_in_a_sentence_has_a_way_out() -> None:
    for kind in _said_in_a_sentence():
        assert issubclass(kind, Refusal), kind


@pytest.mark.parametrize("said", ["No space left on device", "No space left on device."])
def test_what_ends_in_another_s_words_is_a_sentence(said: str) -> None:
    failure = DriverError(f"qemu-img failed: {said}", way_out="Make room.")
    assert str(failure) == "qemu-img failed: No space left on device. Make room."


def test_a_refusal_says_what_happened_and_then_the_way_out() -> None:
    assert str(CommandFailed("It is dark.", way_out="Make light.")) == "It is dark. Make light."
    assert str(CommandFailed.of(NoCloud(Path("/x")))).startswith(
        "No cloud is running in /x. Start one in another terminal"
    )
    assert str(Refused("StopInstances", "Code", "EC2's words.")) == "StopInstances was refused: EC2's words. (Code)"


def test_a_refusal_cannot_be_made_without_a_way_out() -> None:
    with pytest.raises(TypeError):
        CommandFailed("It is dark.")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        DriverError("It is dark.")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        StepFailed("It is dark.")  # type: ignore[call-arg]
