"""The AWS CLI: version 1 within the tests' process, and version 2 within one of its own, which is quick too."""

import base64
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self

from aws_in_process import Ran
from botocore.loaders import Loader
from other_clients import OtherClient

_EC2 = Path("ec2") / "2016-11-15"
_IN_VERSION_2 = Path(__file__).with_name("in_awscli2.py")


class CommandLine(Protocol):
    """A version of the AWS CLI that finds a cloud."""

    def run(self, *words: object) -> Ran:
        """Run `aws` with these words."""

    def as_json(self, parameters: dict[str, Any]) -> str:
        """What `--cli-input-json` reads."""

    @property
    def loader(self) -> Loader:
        """Of its models: what is younger is no command, wait or parameter of it."""


class OfDebian:
    """Version 2, as Debian has it: `scripts/clients awscli` unpacks it. One process with its modules runs every
    command, each in a copy of itself: to begin takes it seconds on a busy machine.

    It is told the endpoint, for Debian 12's is from before the days of AWS_ENDPOINT_URL. Its model is of its day.
    """

    def __init__(self, client: OtherClient, folder: Path) -> None:
        """`folder` is for its waiters, which look each second here and are its own otherwise."""
        packages = client.folder / "root" / "usr" / "lib" / "python3" / "dist-packages"
        own = packages / "awscli" / "botocore" / "data"
        self.loader = Loader(extra_search_paths=[str(own)], include_default_search_paths=False)
        self._endpoint = client.environment["AWS_ENDPOINT_URL"]
        (folder / _EC2).mkdir(parents=True)
        waiters = json.loads((own / _EC2 / "waiters-2.json").read_text())
        for waiter in waiters["waiters"].values():
            waiter["delay"] = 1
        (folder / _EC2 / "waiters-2.json").write_text(json.dumps(waiters))
        told = {"AWS_DATA_PATH": str(folder), "PYTHONPATH": str(packages)}
        self._client = replace(client, environment={**client.environment, **told})

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            ["/usr/bin/python3", _IN_VERSION_2],
            env=self._client.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.version: str = self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)  # nothing more is asked: it ends, and what it kept is gone

    def run(self, *words: object) -> Ran:
        """Run `aws` with these words."""
        assert self._process.stdin is not None
        asked = [*map(str, words), "--endpoint-url", self._endpoint]
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Ran(*self._answer())

    def as_program(self, *words: object) -> Ran:
        """The same in a process of its own, as a person begins it."""
        program = self._client.folder / "root" / "usr" / "bin" / "aws"
        asked = (program, *words, "--endpoint-url", self._endpoint)
        ran = self._client.run(Path("/usr/bin/python3"), *asked)
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"version 2 of the AWS CLI ended with {self._process.wait()}"
        return json.loads(line)

    def as_json(self, parameters: dict[str, Any]) -> str:
        """What `--cli-input-json` reads."""
        return json.dumps(parameters, default=lambda value: base64.b64encode(value).decode())
