"""Suites that a test writes down and runs with pytest in a process of its own, as those who use the plug-in do."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

from cloud_process import BIN, environment

_PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Ran:
    """How an inner suite ended."""

    status: int
    output: str
    outcomes: dict[str, str]
    """By test: passed, failed, error or skipped."""


def write(folder: Path, **files: str) -> None:
    """Python files by their names without `.py`."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(dedent(text))


def begin(folder: Path, *options: str, temporary: Path | None = None, **changed: str) -> "subprocess.Popen[str]":
    """Begin the suite in this folder; `changed` is changed in its environment, `temporary` is its `TMPDIR`."""
    where = {"TMPDIR": str(temporary)} if temporary is not None else {}
    return subprocess.Popen(
        [str(BIN / "pytest"), "-p", "no:cacheprovider", "-q", f"--junitxml={folder}/report.xml", *options],
        cwd=folder,
        env={**environment(), **where, **changed},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(folder: Path, *options: str, temporary: Path | None = None, **changed: str) -> Ran:
    """Run the suite in this folder to its end."""
    with begin(folder, *options, temporary=temporary, **changed) as process:
        output, _ = process.communicate(timeout=_PATIENCE)
    report = folder / "report.xml"
    found = ElementTree.parse(report).getroot().iter("testcase") if report.exists() else ()
    return Ran(process.returncode, output, {_name(case): _outcome(case) for case in found})


def _name(case: ElementTree.Element) -> str:
    """Of a test in a class, that too."""
    _, _, within = str(case.get("classname")).partition(".")
    return f"{within}::{case.get('name')}" if within else str(case.get("name"))


def _outcome(case: ElementTree.Element) -> str:
    return next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")


def ephemeral_folders(parent: Path) -> list[str]:
    """What servers for tests have in this folder."""
    return sorted(found.name for found in parent.glob("kumoniwa-ephemeral-*"))
