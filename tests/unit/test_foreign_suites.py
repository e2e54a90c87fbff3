"""What is judged of other projects' tests, and the page that is written from it."""

from dataclasses import replace

import pytest
from moto_suite import Ran
from suites_page import DOCUMENT, document, kept_counts
from verdicts import Judgement, Verdict, compare, judgements, short_name


def _ran(outcome: str, told: str = "", test: str = "tests/test_ec2/test_tags.py::test_x") -> Ran:
    return Ran(test, outcome, 0.1, told)


def _judged(part: str = "NotFound") -> Judgement:
    return Judgement(Verdict.WRONG, "why", "source", {"test_tags::test_x": part})


def test_the_page_is_what_the_judgements_say() -> None:
    assert DOCUMENT.read_text() == document(judgements(), kept_counts())


def test_a_failure_as_it_is_judged_is_no_complaint() -> None:
    compared = compare([_ran("failed", "ClientError: InvalidZone.NotFound")], [_judged()])
    assert compared.unjudged == compared.stale == []


@pytest.mark.parametrize(
    ("ran", "complaint"),
    [
        (_ran("failed", "AssertionError"), "test_tags::test_x is judged for 'NotFound'. It failed otherwise"),
        (_ran("failed", "e", "tests/test_ec2/test_tags.py::test_y"), "test_tags::test_y is not judged. It failed: e"),
    ],
)
def test_a_failure_that_is_not_judged_is_told(ran: Ran, complaint: str) -> None:
    (told,) = compare([ran], [_judged()]).unjudged
    assert told.startswith(complaint)


@pytest.mark.parametrize("outcome", ["passed", "skipped"])
def test_a_judgement_of_what_does_not_fail_is_told(outcome: str) -> None:
    assert compare([_ran(outcome)], [_judged()]).stale == [f"test_tags::test_x is judged, and {outcome}"]


@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_what_passes_by_chance_may_pass_and_fail(outcome: str) -> None:
    judged = replace(_judged(), by_chance=True)
    compared = compare([_ran(outcome, "InvalidZone.NotFound")], [judged])
    assert compared.unjudged == compared.stale == []


def test_the_tests_of_the_suites_are_told_apart() -> None:
    assert short_name("tests/test_ec2/test_tags.py::test_x") == "test_tags::test_x"
    assert short_name("ec2api_tempest_plugin/api/test_tags.py::TagTest::test_x") == "ec2api/test_tags::TagTest::test_x"


def test_a_judgement_of_a_test_that_is_gone_is_told_when_its_file_was_run() -> None:
    of_the_file = _ran("passed", test="tests/test_ec2/test_tags.py::test_y")
    of_another = _ran("passed", test="tests/test_ec2/test_vpcs.py::test_y")
    assert compare([of_the_file], [_judged()]).stale == ["test_tags::test_x is judged, and there is no such test"]
    assert compare([of_another], [_judged()]).stale == []
