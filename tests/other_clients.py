"""Programs of other people that speak to EC2, each installed into an environment of its own by `scripts/clients`."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
INSTALLED = ROOT / "build" / "clients"
_PERL = Path("/usr/bin/perl")
_NODE = ROOT / "scripts" / "node"


@dataclass(frozen=True, slots=True)
class OtherClient:
    """One of them, and its environment: that of a cloud, and nothing of the person who runs the tests."""

    folder: Path
    """Where it is installed."""
    environment: Mapping[str, str]

    def python(self, script: Path, *words: object, seconds: float = 60, **changed: str) -> Any:
        """Run a script of ours with its Python, and give what it prints, which is JSON."""
        return json.loads(self.output(self.folder / "bin" / "python", script, *words, seconds=seconds, **changed))

    def node(self, script: Path, *words: object, seconds: float = 60, **changed: str) -> Any:
        """Run a script of ours with Node.js, and give what it prints, which is JSON."""
        told = self.output(_NODE, script, *words, seconds=seconds, CLIENT_FOLDER=str(self.folder), **changed)
        return json.loads(told)

    def perl(self, script: Path, *words: object, seconds: float = 60) -> Any:
        """Run a script of ours with the system's Perl and the modules that are unpacked here; it prints JSON."""
        usr = self.folder / "root" / "usr"
        compiled = (usr / "lib").glob("*-linux-gnu*/perl5")
        folders = [usr / "share" / "perl5", *(found for base in compiled for found in (base, *base.glob("5.*")))]
        return json.loads(self.output(_PERL, script, *words, seconds=seconds, PERL5LIB=":".join(map(str, folders))))

    def ruby(self, script: Path, *words: object, seconds: float = 60) -> Any:
        """Run a script of ours with the Ruby and the gems that are unpacked here; it prints JSON."""
        usr = self.folder / "root" / "usr"
        [program] = (usr / "bin").glob("ruby[0-9]*")
        version = program.name.removeprefix("ruby")
        [machine] = (usr / "lib").glob("*-linux-gnu*")
        ruby, gems = usr / "lib" / "ruby", "rubygems-integration"
        own = [folder for each in (ruby, machine / "ruby") for folder in each.glob(f"**/{version}.*")]
        folders = [ruby / "vendor_ruby", *own]
        told = self.output(
            program,
            "-W0",
            script,
            *words,
            seconds=seconds,
            LD_LIBRARY_PATH=str(machine),
            RUBYLIB=":".join(map(str, folders)),
            GEM_PATH=":".join(map(str, (*(usr / "share" / gems).glob("*"), *(machine / gems).glob("*")))),
        )
        return json.loads(told)

    def output(self, program: Path, *words: object, seconds: float = 60, **changed: str) -> str:
        """Run a program, which succeeds, and give what it prints. What else it says is shown where it fails."""
        ran = self.run(program, *words, seconds=seconds, **changed)
        assert ran.returncode == 0, f"{program.name} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def run(
        self, program: Path, *words: object, seconds: float = 60, **changed: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program, whatever its exit status. `changed` is changed in its environment."""
        return subprocess.run(
            [program, *map(str, words)],
            env={**self.environment, **changed},
            capture_output=True,
            text=True,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )


def installed(name: str, environment: Mapping[str, str], *, must_be: bool) -> OtherClient:
    """The client of this name of `scripts/clients`. One that is not installed skips the test, or fails it where it
    `must_be`; one that this machine cannot have skips it."""
    folder = INSTALLED / name
    if (reasons := folder / ".not-to-be-had").exists():
        pytest.skip(reasons.read_text().strip())
    if not (folder / ".installed").exists():
        reason = f"{name} is not installed: scripts/clients {name} installs it"
        (pytest.fail if must_be else pytest.skip)(reason)
    return OtherClient(folder, environment)


def lonely_environment(told: Mapping[str, str], home: Path) -> dict[str, str]:
    """What a client of a cloud has in its environment: what `kumoniwa env` tells, and an empty home."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        **told,
        "HOME": str(home),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }
