"""`docs/foreign-suites.md`, written from what is judged and from the counts of the last whole run."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import moto_suite
import tempest_suite
from moto_suite import Ran
from verdicts import Judgement, Verdict, short_name

DOCUMENT = Path(__file__).parents[2] / "docs" / "foreign-suites.md"
COUNTS = Path(__file__).with_name("counts.json")
"""By file of tests: how many passed, and how many skip themselves against a server."""

_HEAD = """<!-- Written by scripts/foreign-suites --update from tests/foreign. Change what is judged there. -->

# Other projects' tests

moto's own tests of EC2 state what tools expect of an EC2 that is not AWS's; some of them are verified on AWS.
OpenStack's ec2api-tempest-plugin was written against AWS's EC2 too. `scripts/foreign-suites` runs the tests of moto
{version}, each on a simulated cloud of its own, and those of ec2api-tempest-plugin {openstack} (`ec2api/`), each file
on a cloud of its own; none of them is changed. A test that does not pass is judged here, with where EC2's behaviour is
known from. The script fails where a test does not pass and is not judged, or passes and is. A test ends at the first
thing that it finds otherwise, and is judged by that.

What is adapted, outside of the tests: the AMIs that they name by id are others here. For moto's, after each call that
changes something the cloud is given the time to carry it out, because moto does at once what EC2 takes its time for;
and signatures keep the real time where a test stops the client's clock. OpenStack's do not log in to guests, which are
simulated: of their scenarios those are run that need no SSH.

{offered}

## By file

"""
_MEANINGS = """
| verdict | means |
| --- | --- |
| {wrong} | EC2 does not behave as the test says: the source says how it does. |
| {undocumented} | No document says that EC2 behaves so; what the test compares are moto's own words or values. |
| {not_offered} | EC2 may behave so, and Kumoniwa does not have it: it refuses the call, or says what is missing. |
| {internals} | It needs moto's own data, services or shortcuts. |
| {fault} | EC2 behaves as the test says, and Kumoniwa does not yet. |

## What does not pass, and why
"""


def counts(ran: Iterable[Ran], judged: Iterable[Judgement]) -> dict[str, list[int]]:
    """By file: how many of these passed, and how many skipped themselves. Those that pass by chance are not counted."""
    by_chance = {test for one in judged if one.by_chance for test in one.tests}
    passed: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for one in ran:
        if short_name(one.test) in by_chance:
            continue
        of = passed if one.outcome == "passed" else skipped
        of[short_name(one.test).partition("::")[0]] += one.outcome != "failed"
    return {name: [passed[name], skipped[name]] for name in sorted(passed | skipped)}


def kept_counts() -> dict[str, list[int]]:
    """Those of the last whole run that was kept."""
    found: dict[str, list[int]] = json.loads(COUNTS.read_text())
    return found


def keep(found: Mapping[str, list[int]]) -> None:
    """Keep these as the counts of the last whole run."""
    lines = ",\n".join(f"  {json.dumps(name)}: {numbers}" for name, numbers in found.items())
    COUNTS.write_text(f"{{\n{lines}\n}}\n")


def document(judged: Iterable[Judgement], of_files: Mapping[str, list[int]]) -> str:
    """The page."""
    judged = list(judged)
    parts = [
        _HEAD.format(
            version=moto_suite.VERSION, openstack=tempest_suite.VERSION, offered=_in_one_sentence(judged, of_files)
        )
    ]
    parts += _table_of_files(judged, of_files)
    parts.append(_MEANINGS.format(**{verdict.name.lower(): verdict for verdict in Verdict}))
    for verdict in Verdict:
        of_verdict = [one for one in judged if one.verdict is verdict]
        if of_verdict:
            parts.append(f"\n### {verdict[0].upper()}{verdict[1:]}\n\n")
            parts += [_row("why", "known from", "tests"), _row(*["---"] * 3)]
            parts += [_row(_why(one), _linked(one.source), _named(one.tests)) for one in of_verdict]
    return "".join(parts)


def _in_one_sentence(judged: list[Judgement], of_files: Mapping[str, list[int]]) -> str:
    by_verdict: Counter[Verdict] = Counter()
    for one in judged:
        by_verdict[one.verdict] += len(one.tests)
    passed = sum(numbers[0] for numbers in of_files.values())
    stated = passed + by_verdict[Verdict.FAULT]
    of = f"{passed:,} of {stated:,} pass ({100 * passed / max(1, stated):.1f} %)"
    return (
        f"Of {passed + sum(by_verdict.values()):,} tests, {passed:,} pass. Of those that state EC2's behaviour for\n"
        f"what Kumoniwa offers, {of}."
    )


def _table_of_files(judged: list[Judgement], of_files: Mapping[str, list[int]]) -> list[str]:
    not_passed: Counter[tuple[str, Verdict]] = Counter()
    for one in judged:
        for test in one.tests:
            not_passed[test.partition("::")[0], one.verdict] += 1
    names = sorted(of_files.keys() | {name for name, _ in not_passed})
    rows = [_row("file", "passed", *Verdict, "skipped by themselves"), _row("---", *["---:"] * (len(Verdict) + 2))]
    for name in names:
        passed, skipped = of_files.get(name, [0, 0])
        numbers = (passed, *(not_passed[name, verdict] for verdict in Verdict), skipped)
        rows.append(_row(f"`{name}`", *(str(number or "") for number in numbers)))
    return rows


def _why(one: Judgement) -> str:
    return f"{one.why} It passes at times, by chance." if one.by_chance else one.why


def _named(tests: Mapping[str, str]) -> str:
    return "<br>".join(f"`{test}`".replace("|", "\\|") for test in sorted(tests))


def _linked(source: str) -> str:
    return re.sub(r"https://\S+", lambda found: f"<{found[0]}>", source)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"
