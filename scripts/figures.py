"""The figures in the documents that come from reports of test runs, never by hand.

A document marks a figure by its name, `<!-- single_deaths -->1,503<!-- / -->`, and docs/figures.json holds all of them.
Where such a mark stands in backticks, as here, it is an example.
A name is one of

    what tests counted            a property of theirs in the report, added up over all tests
    a test, or a file of tests    `test_power_cut`: how many of its tests passed
    FILE.NAME                     either of these, in this file of tests only
    about NAME                    either of these, where it is another one in each run: rounded, and not compared

Of what is sampled, NAME, a test also counts NAME_of: how much there was to choose from. `test_power_cut_of` counts the
tests that passed and those that were left to other seeds.

    scripts/figures             say what is stale: documents against docs/figures.json and against the tests' names
    scripts/figures --compare   also docs/figures.json against the reports in build/tests, of a whole `scripts/test`,
                                both ways: it is well where a run has more than documents say, and worth an update
    scripts/figures --update    write the documents and docs/figures.json from these reports
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "docs" / "figures.json"
REPORTS = ROOT / "build" / "tests"
NEAR = 0.05
"""How far a figure may be from a run's, as a part of it, and still stand: a story with one step more has a few more
places to die at, which makes no sentence untrue. (Of less than twenty, it must be the run's.)"""
WHOLE = "whole"
"""The file beside the reports that says that they are of a whole run, in which nothing failed."""
OTHERS = "--seed "
"""How the reason begins why a test is left to other seeds (`tests/sampling.py`)."""
MARK = re.compile(r"(?<!`)<!-- (?P<name>(?:about )?[a-z_0-9]+(?:\.[a-z_0-9]+)?) -->(?P<shown>[^<]*)<!-- / -->")


def counted(reports: Path = REPORTS) -> Counter[str]:
    """Every figure of the reports, by its name; only of tests that passed, and of how many there are."""
    figures: Counter[str] = Counter()
    for report in sorted(reports.glob("*.xml")):
        for case in ElementTree.parse(report).iter("testcase"):
            skipped = case.find("skipped")
            left_to_others = skipped is not None and skipped.get("message", "").startswith(OTHERS)
            if case.find("failure") is not None or case.find("error") is not None:
                continue
            named = case.get("classname", "").split(".")  # folders, the file, and a class where the test is in one
            file = next((part for part in reversed(named) if part.startswith("test_")), named[-1])
            test = case.get("name", "").partition("[")[0]
            if skipped is None or left_to_others:
                figures.update({f"{name}_of": 1 for name in {file, test, f"{file}.{test}"}})
            if skipped is not None:
                continue
            figures.update({file: 1, test: 1, f"{file}.{test}": 1})
            for noted in case.iter("property"):
                if (value := noted.get("value", "")).isdecimal():
                    name = noted.get("name", "").replace(" ", "_")
                    figures.update({name: int(value), f"{file}.{name}": int(value)})
    return figures


def sampled(figures: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """What was sampled: its name, how much of it was tried, and of how much."""
    for name, of in figures.items():
        if name.endswith("_of") and "." not in name and not name.startswith("test_"):
            what = name.removesuffix("_of")
            yield what, figures.get(what, 0), of


def shown(mark: str, value: int) -> str:
    """A figure as a reader sees it."""
    if not mark.startswith("about "):
        return f"{value:,}"
    digits = max(len(str(value)) - 2, 0)
    return f"about {round(value, -digits):,}"


def stale_documents() -> list[str]:
    """Where documents, docs/figures.json and the names of tests and counts do not agree."""
    kept, found, used = _kept(), [], set()
    tests = {path.stem: path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    code = "\n".join(tests.values())
    for document in _documents():
        for mark in MARK.finditer(document.read_text()):
            name = mark["name"].removeprefix("about ")
            where = f"{document.relative_to(ROOT)}: {mark['name']}"
            used.add(name)
            if name not in kept:
                found.append(f"{where} is not in docs/figures.json")
            elif mark["shown"] != shown(mark["name"], kept[name]):
                found.append(f"{where} is {mark['shown']}, not {shown(mark['name'], kept[name])}")
            if not all(_is_known(part, tests, code) for part in name.split(".")):
                found.append(f"{where} is not what any test is called, or counts")
    return found + [f"docs/figures.json: no document uses {name}" for name in sorted(kept.keys() - used)]


def _is_known(name: str, tests: Mapping[str, str], code: str) -> bool:
    if name.startswith("test_"):
        return any(one in tests or f"def {one}(" in code for one in (name, name.removesuffix("_of")))
    return f'"{name}"' in code or f'"{name.replace("_", " ")}"' in code


def stale_figures(figures: Mapping[str, int], *, exhaustive: bool) -> list[str]:
    """Where a run's reports have less than documents say, by more than `NEAR`: what is promised was not run."""
    compared = _compared(figures, exhaustive=exhaustive)
    return [_said(*one) for one in compared if one[2] < one[1] - NEAR * one[1]]


def outgrown_figures(figures: Mapping[str, int], *, exhaustive: bool) -> list[str]:
    """Where they have more, by more than `NEAR`: the documents are true, and could say more."""
    compared = _compared(figures, exhaustive=exhaustive)
    return [_said(*one) for one in compared if one[2] > one[1] + NEAR * one[1]]


def _compared(figures: Mapping[str, int], *, exhaustive: bool) -> Iterator[tuple[str, int, int]]:
    """The figures that are the same in each run: their names, what documents say, and what this run had."""
    varying = {what for what, _, _ in sampled(figures)} if exhaustive else set()
    for document in _documents():
        marks = [mark["name"] for mark in MARK.finditer(document.read_text())]
        varying |= {mark.removeprefix("about ") for mark in marks if mark.startswith("about ")}
    for name, value in _kept().items():
        if not varying & {name, name.rpartition(".")[2]}:
            yield name, value, figures.get(name, 0)


def _said(name: str, value: int, found: int) -> str:
    return f"{name}: {value:,} in the documents, {found:,} in this run"


def update(figures: Mapping[str, int]) -> None:
    """Write all figures that documents mark. Raises `LookupError` where the reports do not have one."""
    kept: dict[str, int] = {}
    texts: dict[Path, str] = {}
    for document in _documents():
        text = document.read_text()
        for mark in MARK.finditer(text):
            name = mark["name"].removeprefix("about ")
            if not figures.get(name):
                raise LookupError(f"{document.relative_to(ROOT)}: no report has {name}")
            kept[name] = figures[name]
        texts[document] = MARK.sub(lambda mark: _marked(mark["name"], kept), text)
    for document, text in texts.items():
        if document.read_text() != text:
            document.write_text(text)
    KEPT.write_text(json.dumps(kept, indent=4, sort_keys=True) + "\n")


def _marked(mark: str, kept: Mapping[str, int]) -> str:
    return f"<!-- {mark} -->{shown(mark, kept[mark.removeprefix('about ')])}<!-- / -->"


def _documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _kept() -> dict[str, int]:
    kept: dict[str, int] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    return kept


def main() -> int:
    """Gives the exit status: 1 where something is stale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compare", action="store_true", help="with the reports in build/tests")
    parser.add_argument("--update", action="store_true", help="from the reports in build/tests")
    asked = parser.parse_args()
    if (asked.update or asked.compare) and not (REPORTS / WHOLE).exists():
        print("build/tests has no reports of a whole run: run `scripts/test`, without options, first", file=sys.stderr)
        return 1
    if asked.update:
        try:
            update(counted())
        except LookupError as missing:
            print(missing.args[0], file=sys.stderr)
            return 1
    stale = stale_documents()
    if asked.compare:
        figures = counted()
        stale += stale_figures(figures, exhaustive=False) + outgrown_figures(figures, exhaustive=False)
    if stale:
        print("\n".join([*stale, "After a whole run of scripts/test, `scripts/figures --update` writes them."]))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
