"""The figures of documents: where they come from, and when they are stale."""

import json
from pathlib import Path

import figures
import pytest

_REPORT = """<testsuites><testsuite>
<testcase classname="tests.unit.test_falls" name="test_it_falls[a]"><properties>
<property name="deep falls" value="1200"/><property name="falls" value="3"/><property name="falls_of" value="40"/>
</properties></testcase>
<testcase classname="tests.unit.test_falls.TestFalls" name="test_it_falls[b]"><properties>
<property name="falls" value="4"/></properties></testcase>
<testcase classname="tests.unit.test_falls" name="test_it_breaks"><failure/><properties>
<property name="falls" value="99"/></properties></testcase>
<testcase classname="tests.unit.test_falls" name="test_it_falls[c]">
<skipped message="--seed 5 chose others"/></testcase>
<testcase classname="tests.unit.test_falls" name="test_it_falls[d]"><skipped message="only root may"/></testcase>
</testsuite></testsuites>"""
_DOCUMENT = """<!-- test_it_falls --><!-- / --> tests, <!-- falls -->7<!-- / --> falls of <!-- falls_of -->?<!-- / -->,
<!-- about deep_falls -->about 9<!-- / --> deep ones and <!-- test_falls.falls -->1<!-- / --> in one file"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one report, one document and its tests."""
    for folder in ("docs", "tests", "build"):
        (tmp_path / folder).mkdir()
    (tmp_path / "build" / "unit.xml").write_text(_REPORT)
    (tmp_path / "docs" / "faults.md").write_text(_DOCUMENT)
    (tmp_path / "tests" / "test_falls.py").write_text('def test_it_falls(): count["falls"], "falls_of", "deep falls"')
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    monkeypatch.setattr(figures, "KEPT", tmp_path / "docs" / "figures.json")
    return tmp_path


def test_what_tests_that_passed_counted_is_added_up(root: Path) -> None:
    counted = figures.counted(root / "build")
    names = ("test_it_falls", "test_falls", "falls", "test_falls.falls", "deep_falls")
    assert [counted[name] for name in names] == [2, 2, 7, 7, 1200]
    assert "test_it_breaks" not in counted
    assert (counted["test_falls_of"], counted["test_it_falls_of"], counted["test_falls.test_it_falls_of"]) == (3, 3, 3)
    assert list(figures.sampled(counted)) == [("falls", 7, 40)]


def test_an_update_leaves_nothing_stale(root: Path) -> None:
    assert figures.stale_documents() != []
    counted = figures.counted(root / "build")
    figures.update(counted)
    assert (root / "docs" / "faults.md").read_text() == (
        "<!-- test_it_falls -->2<!-- / --> tests, <!-- falls -->7<!-- / --> falls of <!-- falls_of -->40<!-- / -->,\n"
        "<!-- about deep_falls -->about 1,200<!-- / --> deep ones and <!-- test_falls.falls -->7<!-- / --> in one file"
    )
    assert figures.stale_documents() == []
    assert figures.stale_figures(counted, exhaustive=False) == []


def test_less_than_documents_say_is_stale_but_where_it_varies_from_run_to_run(root: Path) -> None:
    counted = figures.counted(root / "build")
    figures.update(counted)
    counted.update({"falls": -4, "test_falls.falls": -4, "deep_falls": -50})
    assert figures.stale_figures(counted, exhaustive=False) == [
        "falls: 7 in the documents, 3 in this run",
        "test_falls.falls: 7 in the documents, 3 in this run",
    ]
    assert figures.stale_figures(counted, exhaustive=True) == [], "an exhaustive run leaves no sample"


def test_a_test_that_is_no_more_is_stale(root: Path) -> None:
    counted = figures.counted(root / "build")
    figures.update(counted)
    del counted["test_it_falls"]
    assert figures.stale_figures(counted, exhaustive=False) == ["test_it_falls: 2 in the documents, 0 in this run"]


def test_more_than_documents_say_is_told_and_not_stale(root: Path) -> None:
    counted = figures.counted(root / "build")
    figures.update(counted)
    counted.update({"falls": 33, "deep_falls": 50})
    assert figures.stale_figures(counted, exhaustive=False) == []
    assert figures.outgrown_figures(counted, exhaustive=False) == ["falls: 7 in the documents, 40 in this run"]


def test_a_figure_stands_within_a_twentieth_of_a_run(root: Path) -> None:
    (root / "docs" / "faults.md").write_text("<!-- falls -->1,000<!-- / --> falls")
    figures.update({"falls": 1_000})
    assert figures.stale_figures({"falls": 950}, exhaustive=False) == []
    assert figures.stale_figures({"falls": 949}, exhaustive=False) == ["falls: 1,000 in the documents, 949 in this run"]
    assert figures.outgrown_figures({"falls": 1_050}, exhaustive=False) == []
    assert figures.outgrown_figures({"falls": 1_051}, exhaustive=False) == [
        "falls: 1,000 in the documents, 1,051 in this run"
    ]


def test_a_name_that_no_test_has_is_stale(root: Path) -> None:
    figures.update(figures.counted(root / "build"))
    (root / "tests" / "test_falls.py").write_text('def test_it_drops(): count["falls"], "falls_of", "deep falls"')
    assert figures.stale_documents() == ["docs/faults.md: test_it_falls is not what any test is called, or counts"]
    kept = root / "docs" / "figures.json"
    kept.write_text(json.dumps({**json.loads(kept.read_text()), "test_it_drops": 1}))
    assert "docs/figures.json: no document uses test_it_drops" in figures.stale_documents()


def test_a_figure_that_no_report_has_is_not_invented(root: Path) -> None:
    (root / "docs" / "faults.md").write_text("<!-- rises -->1<!-- / -->")
    with pytest.raises(LookupError, match=r"docs/faults\.md: no report has rises"):
        figures.update(figures.counted(root / "build"))
