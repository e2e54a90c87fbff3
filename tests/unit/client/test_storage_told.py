"""What `kumoniwa storage` prints, and when it shows progress."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kumoniwa.client import storage
from kumoniwa.client.access import CommandFailed

FAULT = {"layer": "layer-1", "what": "layer-1.qcow2 is torn", "needed_by": ["vol-1", "ami-1"], "repairable": False}
MENDABLE = {"layer": "layer-2", "what": "It belongs to nothing.", "needed_by": [], "repairable": True}


class Told:
    """A storage of three layers, one told at a time."""

    def __init__(self, *faults: dict[str, Any]) -> None:
        self.faults = list(faults)
        self.asked: list[str | None] = []

    def status(self) -> dict[str, Any]:
        raise CommandFailed("It does not answer.", way_out="Wait.")

    def check(self, start: str | None) -> dict[str, Any]:
        self.asked.append(start)
        following = {None: "b", "b": "c", "c": None}[start]
        return {"looked_at": len(self.asked), "of": 3, "next": following, "faults": self.faults if not start else []}

    def repair(self) -> dict[str, Any]:
        mended = [fault for fault in self.faults if fault["repairable"]]
        self.faults = [fault for fault in self.faults if not fault["repairable"]]
        return {"repaired": mended}


def asked(monkeypatch: pytest.MonkeyPatch, told: Told) -> Told:
    @contextmanager
    def instead(_: Path, __: str) -> Iterator[Told]:
        yield told

    monkeypatch.setattr(storage, "_storage", instead)
    return told


def test_faults_are_told_with_what_depends_on_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = asked(monkeypatch, Told(FAULT, MENDABLE))
    assert not storage.check(Path("/x"), repair=False, as_json=False)
    assert told.asked == [None, "b", "c"]
    seen = capsys.readouterr()
    assert seen.out.splitlines() == [
        "layer-1.qcow2 is torn. Needed by: vol-1, ami-1.",
        "It belongs to nothing.",
        "2 faults; 3 layers looked at.",
        "1 of them can be repaired without guessing: kumoniwa storage check --repair",
        "1 of them cannot: put copies of the files back, or make anew what needs them (docs/operations).",
    ]
    assert seen.err == "", "nothing is said of progress within two seconds"


def test_what_was_repaired_is_told_and_is_no_fault_any_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked(monkeypatch, Told(MENDABLE))
    assert storage.check(Path("/x"), repair=True, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "Repaired: It belongs to nothing.",
        "All is whole: 3 layers looked at.",
    ]


def test_progress_is_shown_once_it_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked(monkeypatch, Told())
    moments = iter((0.0, 1.0, 2.5))
    monkeypatch.setattr(time, "monotonic", lambda: next(moments))
    assert storage.check(Path("/x"), repair=False, as_json=False)
    assert capsys.readouterr().err == "Checking: layers (66 %)\n"


def test_where_it_cannot_look_the_exit_status_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, Told())
    with pytest.raises(storage.CouldNotLook, match="does not answer") as failed:
        storage.print_status(Path("/x"), as_json=False)
    assert failed.value.status == 2


def test_a_status_with_damage_says_which_command_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = asked(monkeypatch, Told())
    monkeypatch.setattr(storage, "rows", lambda report: [])
    for faults, seen in (
        ([FAULT], ["layer-1.qcow2 is torn. Needed by: vol-1, ami-1.", "kumoniwa storage check looks at every file"]),
        ([], []),
    ):
        monkeypatch.setattr(told, "status", lambda faults=faults: {"damage": {"faults": faults}})
        storage.print_status(Path("/x"), as_json=False)
        lines = capsys.readouterr().out.splitlines()
        assert [line.partition(", and says what")[0] for line in lines] == seen
