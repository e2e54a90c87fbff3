"""Version 1 of the AWS CLI, within the tests' process: the same words, without a second of a processor to begin."""

import io
import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import awscli
import pytest
from awscli.clidriver import create_clidriver
from botocore.loaders import Loader
from cloud_process import AWS, AwsCli


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: status 0 where it succeeded."""

    status: int
    out: str
    err: str


class InProcess:
    """Version 1, as pinned in the tests' environment. Each command is a driver of its own, as in a process of its own;
    they share what takes a while to read, the models."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    @cached_property
    def loader(self) -> Loader:
        """Of its models, which are botocore's."""
        own = Path(awscli.__file__).parent / "data"
        return Loader(extra_search_paths=[self._environment["AWS_DATA_PATH"], str(own)])

    def run(self, *words: object) -> Ran:
        """Run `aws` with these words."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                patch.delenv(name)
            for name, value in self._environment.items():
                patch.setenv(name, value)
            driver = create_clidriver()
            driver.session.register_component("data_loader", self.loader)
            try:
                status = driver.main([str(word) for word in words])
            except SystemExit as ended:  # of argparse, for words that it does not know
                status = int(str(ended.code))
        return Ran(status, out.getvalue(), err.getvalue())

    def as_json(self, parameters: dict[str, Any]) -> str:
        """What `--cli-input-json` reads: bytes are text."""
        return json.dumps(parameters, default=bytes.decode)


class AwsCliInProcess(AwsCli):
    """The same as `AwsCli`, but for its scripts, which stay programs."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__(environment)
        self._in_process = InProcess(environment)

    def _run(self, words: tuple[object, ...], changed: dict[str, str]) -> subprocess.CompletedProcess[str]:
        if changed:
            return super()._run(words, changed)
        ran = self._in_process.run(*words)
        return subprocess.CompletedProcess([AWS, *map(str, words)], ran.status, ran.out, ran.err)


def answered(ran: Ran) -> Any:
    """What a command that succeeded printed: JSON, or None where it printed nothing."""
    assert ran.status == 0, ran.err
    return json.loads(ran.out) if ran.out else None
