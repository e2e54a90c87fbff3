"""What is judged of each test of other projects that does not pass: `judged/`, read and compared with a run."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from moto_suite import Ran

JUDGED = Path(__file__).with_name("judged")


class Verdict(StrEnum):
    """Why a test does not pass."""

    WRONG = "EC2 differs"
    """EC2 does not behave as the test says."""
    UNDOCUMENTED = "not known of EC2"
    """Nothing that is documented says that EC2 behaves so: the words or values that the test compares are moto's."""
    NOT_OFFERED = "not offered"
    """EC2 may behave so, and Kumoniwa does not have it: it refuses the call, or says what is missing."""
    INTERNALS = "needs moto itself"
    """It asks for moto's own data, its other services, or its shortcuts."""
    FAULT = "a fault of ours"
    """EC2 behaves as the test says, and Kumoniwa does not yet."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One reason, and the tests that do not pass for it.

    `tests` has, by the test's name (`test_tags::test_x`), a part of what it says when it fails: whoever fails otherwise
    is not judged by this. `source` is where EC2's behaviour is known from; it is empty only where nothing is claimed of
    EC2.
    """

    verdict: Verdict
    why: str
    source: str
    tests: Mapping[str, str]
    by_chance: bool = False
    """Whether they pass at times: what is compared is random."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a run and the judgements do not agree on, in sentences."""

    unjudged: list[str]
    stale: list[str]


def judgements() -> list[Judgement]:
    """What is judged, in the files' order. Raises `ValueError` for a test judged twice, and a claim without source."""
    found = [
        Judgement(verdict, one["why"], one.get("source", ""), one["tests"], one.get("by_chance", False))
        for verdict in Verdict
        for one in tomllib.loads(file_of(verdict).read_text()).get("judged", ())
    ]
    seen: set[str] = set()
    for judgement in found:
        if twice := seen & judgement.tests.keys():
            raise ValueError(f"judged twice: {sorted(twice)}")
        if judgement.verdict in (Verdict.WRONG, Verdict.FAULT) and not judgement.source:
            raise ValueError(f"of EC2 it is claimed without a source: {judgement.why}")
        seen |= judgement.tests.keys()
    return found


def file_of(verdict: Verdict) -> Path:
    """Where the tests are that have this verdict."""
    return JUDGED / f"{verdict.lower().replace(' ', '-')}.toml"


def short_name(test: str) -> str:
    """`tests/test_ec2/test_tags.py::test_y` as `test_tags::test_y`; of OpenStack's tests with `ec2api/` before it."""
    suite = "" if "/test_ec2/" in test else "ec2api/"
    return suite + test.rpartition("/")[2].replace(".py::", "::")


def compare(ran: Iterable[Ran], judged: Iterable[Judgement]) -> Compared:
    """What failed and is not judged, or not so; what is judged and passes, or is not there any more."""
    judged = list(judged)
    told = {test: part for judgement in judged for test, part in judgement.tests.items()}
    by_chance = {test for judgement in judged if judgement.by_chance for test in judgement.tests}
    unjudged, stale, files, seen = [], [], set(), set()
    for one in ran:
        name = short_name(one.test)
        files.add(name.partition("::")[0])
        seen.add(name)
        part = told.get(name)
        if one.outcome == "failed" and part is None:
            unjudged.append(f"{name} is not judged. It failed: {one.told}")
        elif one.outcome == "failed" and part is not None and part not in one.told:
            unjudged.append(f"{name} is judged for {part!r}. It failed otherwise: {one.told}")
        elif one.outcome != "failed" and part is not None and name not in by_chance:
            stale.append(f"{name} is judged, and {one.outcome}")
    gone = sorted(name for name in told.keys() - seen if name.partition("::")[0] in files)
    return Compared(unjudged, stale + [f"{name} is judged, and there is no such test" for name in gone])
