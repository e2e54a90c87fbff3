"""What `scripts/test` makes of how a kind of tests ended."""

from pathlib import Path

import lanes
import pytest
from failures import Failure
from lanes import Case, Kind, Result, Step

_PASSED, _FAILED = (Case("unit", f"unit/test_it.py::test_{outcome}", 0.1, outcome) for outcome in ("passed", "failed"))


@pytest.mark.parametrize(
    ("status", "some", "tests", "failed"),
    [
        (0, False, (_PASSED,), 0),
        (1, False, (_PASSED, _FAILED, _FAILED), 2),
        (-9, False, (_PASSED,), 1),  # killed after its report
        (4, False, (), 1),  # an option that pytest does not know
        (5, False, (), 1),  # nothing was found, though everything was asked for
        (5, True, (), 0),  # the options left nothing
        (0, False, (), 1),  # no report
    ],
)
def test_what_did_not_end_well_counts_as_failed(
    *, status: int, some: bool, tests: tuple[Case, ...], failed: int
) -> None:
    assert Result(Kind("unit", ("pytest",), Path("build"), some), status, 1.0, 1.0, tests).failed == failed


@pytest.mark.parametrize(("status", "failed"), [(0, 0), (1, 1)])
def test_a_check_counts_as_one_where_it_fails(status: int, failed: int) -> None:
    assert Result(Step("check", ("scripts/check",), Path("build")), status, 1.0, 1.0).failed == failed


def test_a_report_is_read_and_one_that_breaks_off_has_no_tests(tmp_path: Path) -> None:
    kind = Kind("unit", ("pytest",), tmp_path, some=False)
    assert list(lanes.read(kind)) == []
    whole = """<testsuites><testsuite>
    <testcase classname="tests.unit.imds.test_tree" name="test_a[1]" time="0.5"/>
    <testcase classname="tests.unit.test_cli" name="test_b" time="0.25"><properties>
    <property name="evidence" value="EVIDENCE"/>
    <property name="processor seconds" value="1.25"/></properties>
    <failure message="one&#10;two">three</failure></testcase>
    <testcase classname="tests.unit.test_cli" name="test_c" time="0"><skipped/></testcase>
    <testcase classname="" name="tests.unit.test_broken" time="0"><error/></testcase><testcase time="0"/>
    </testsuite></testsuites>"""
    kind.report.write_text(whole.replace("EVIDENCE", str(lanes.ROOT / "build" / "evidence" / "b")))
    broke = Failure("tests/unit/test_cli.py::test_b", "one\ntwo", "build/evidence/b")
    assert list(lanes.read(kind)) == [
        Case("unit", "unit/imds/test_tree.py::test_a[1]", 0.5, "passed"),
        Case("unit", "unit/test_cli.py::test_b", 0.25, "failed", broke, 1.25),
        Case("unit", "unit/test_cli.py::test_c", 0.0, "skipped"),
        Case("unit", "tests.unit.test_broken", 0.0, "failed", Failure("tests.unit.test_broken", "")),
    ]
    kind.report.write_text(whole[:300])
    assert list(lanes.read(kind)) == []


def test_only_options_that_may_leave_out_tests_allow_a_kind_to_have_none() -> None:
    assert not lanes.kind("unit", Path("build"), 1, ()).some
    assert not lanes.kind("unit", Path("build"), 1, ("--exhaustive",)).some
    assert lanes.kind("unit", Path("build"), 1, ("-k", "image")).some


def test_every_kind_of_tests_is_run_once() -> None:
    tests = Path(__file__).parents[1]
    kinds = {test.relative_to(tests).parts[0] for test in tests.rglob("test_*.py")}
    steps = lanes.steps_of_test(Path("build"), 1, ())
    on_postgresql = {"cloud-postgresql", "workflows-postgresql"}
    assert sorted(step.name for step in steps if isinstance(step, Kind)) == sorted(kinds | on_postgresql)


def test_what_a_step_waits_for_comes_before_it() -> None:
    """Or all lanes could wait for what none of them has begun."""
    before: set[str] = set()
    for step in lanes.steps_of_test(Path("build"), 1, ()):
        assert before.issuperset(step.after), step.name
        before.add(step.name)


def test_the_processor_time_of_a_run_is_compared_with_what_two_processors_have() -> None:
    assert lanes.against_budget(30 * 60).endswith("busy for 15 min 0 s, 75% of that")
    assert lanes.against_budget(70 * 60 + 37).endswith("busy for 35 min 18 s, 177% of that")


@pytest.mark.parametrize("kind", ["browser", "clients", "linux"])
def test_the_console_is_built_before_a_server_shows_it_to_a_browser(kind: str) -> None:
    [step] = [step for step in lanes.steps_of_test(Path("build"), 1, ()) if step.name == kind]
    assert "console" in step.after
