"""A server as a person starts it: `kumoniwa serve` in a process of its own, simulated guests behind it."""

import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Self

import boto3
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from waiting import eventually

BIN = Path(__file__).parents[1] / ".venv" / "bin"
KUMONIWA, AWS = BIN / "kumoniwa", BIN / "aws"
_PATIENCE = 60  # seconds: what takes one on a quiet machine may take many on a busy one


class Failed(Exception):
    """The server ended instead of listening."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(f"exit status {status}: {told}")
        self.status = status
        self.told = told


class CloudProcess:
    """One cloud over any number of server processes: each is ended by whoever started it, by its pid."""

    def __init__(self, folder: Path, *options: str, program: Path = KUMONIWA) -> None:
        self.options = options
        self.program = program
        self.evidence_folder = folder
        self.data_dir = folder / "cloud"
        self.log = folder / "log"
        self.port = 0  # any, at first; later the one it had, so that clients find it again
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start a server and wait until it listens. Raises `Failed` where it ends instead."""
        assert self.process is None
        command: list[str | Path] = [self.program, "serve", "--driver", "simulated", "--data-dir", self.data_dir]
        command += ["--port", str(self.port)]
        command += self.options
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment())
        try:
            line = self._first_line()
        except BaseException:
            self.kill()
            raise
        if not line:
            status = self.ended()
            raise Failed(status, self.log.read_text())
        self.endpoint = line.split()[3]
        self.port = int(self.endpoint.rpartition(":")[2])

    def kill(self) -> None:
        """`kill -9`, if it runs."""
        if self.process is not None:
            self.process.kill()
            self.ended()

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """Ask it to end, and give its exit status."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end, and give its exit status."""
        assert self.process is not None and self.process.stdout is not None
        status = self.process.wait(timeout=_PATIENCE)
        self.process.stdout.close()
        self.process = None
        return status

    def environment(self) -> dict[str, str]:
        """What `kumoniwa env` tells clients to have in their environment."""
        told: dict[str, str] = json.loads(
            subprocess.check_output(
                [self.program, "env", "--json", "--data-dir", self.data_dir], env=environment(), timeout=_PATIENCE
            )
        )
        return told

    def console_address(self) -> str:
        """What `kumoniwa console --no-browser` prints: it signs in, once."""
        command: list[str | Path] = [self.program, "console", "--no-browser", "--data-dir", self.data_dir]
        return subprocess.check_output(command, env=environment(), text=True, timeout=_PATIENCE).strip()

    def evidence(self, path: str) -> dict[str, Any]:
        """What Kumoniwa answers beyond EC2: `evidence("instances/i-…/boots")`. Signed like all requests."""
        environment = self.environment()
        request = AWSRequest("GET", f"{self.endpoint}/_kumoniwa/{path}")
        key = Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(key, "ec2", environment["AWS_REGION"]).add_auth(request)
        answer = URLLib3Session().send(request.prepare())
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = json.loads(answer.content)
        return told

    def logged(self) -> list[dict[str, Any]]:
        """What the server has logged so far, in whole lines. What it says of an answer may come after the answer:
        `logged_with` waits for it."""
        whole, _, _ = self.log.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def logged_with(self, *request_ids: str) -> list[dict[str, Any]]:
        """What it has logged once it has said that it answered these requests."""

        def until_answered() -> list[dict[str, Any]] | None:
            lines = self.logged()
            return lines if {line.get("request") for line in lines}.issuperset(request_ids) else None

        return eventually(until_answered, within=_PATIENCE)

    def _first_line(self) -> str:
        assert self.process is not None and self.process.stdout is not None
        told, deadline = b"", time.monotonic() + _PATIENCE
        while b"\n" not in told:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"the server does not listen after {_PATIENCE} s: {self.log.read_text()}"
            if not (read := os.read(self.process.stdout.fileno(), 4096)):
                break
            told += read
        return told.decode().partition("\n")[0]


def environment() -> dict[str, str]:
    """A person's environment without any AWS settings of theirs, and without colours."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "KUMONIWA_")) and name not in ("FORCE_COLOR", "PYTHONPATH")
    }


class AwsCli:
    """The AWS CLI, as a program."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.endpoint = environment["AWS_ENDPOINT_URL"]
        self._environment = environment

    def __call__(self, *words: object, **changed: str) -> Any:
        """Run it and give its answer; `changed` is changed in its environment."""
        ran = self._run(words, changed)
        assert ran.returncode == 0, ran.stderr
        try:
            return json.loads(ran.stdout)
        except ValueError:
            return ran.stdout.strip()

    def refused(self, *words: object, **changed: str) -> str:
        """Run it, expecting a refusal, and give what a person reads then."""
        ran = self._run(words, changed)
        assert ran.returncode not in (0, 1, 2), f"{ran.returncode}: {ran.stdout}"
        return ran.stderr.strip()

    def script(self, *commands: str, folder: Path | None = None) -> str:
        """Run commands as a person would who copied them into a shell. All of them succeed; gives what they print."""
        path = f"{BIN}:{self._environment.get('PATH', '')}"
        ran = subprocess.run(
            ["/bin/sh", "-ec", "\n".join(commands)],
            env={**self._environment, "PATH": path},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def _run(self, words: tuple[object, ...], changed: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AWS, *map(str, words)],
            env={**self._environment, **changed},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )


class Sdk:
    """boto3's clients and resources for a cloud."""

    def __init__(self, environment: dict[str, str], waiters: Path) -> None:
        core = botocore.session.Session()
        core.get_component("data_loader").search_paths.insert(0, str(waiters))
        self._endpoint = environment["AWS_ENDPOINT_URL"]
        self._session = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_REGION"],
            botocore_session=core,
        )

    def client(self, service: str = "ec2", *, region: str | None = None, **config: Any) -> Any:
        return self._session.client(
            service, endpoint_url=self._endpoint, region_name=region, config=Config(**{"retries": _ONCE, **config})
        )

    def resource(self) -> Any:
        return self._session.resource("ec2", endpoint_url=self._endpoint, config=Config(retries=_ONCE))

    def starting_image(self) -> str:
        """The AMI that a simulated cloud has from its first second."""
        named = [{"Name": "name", "Values": ["debian-12-amd64-simulated"]}]
        image: str = self.client().describe_images(Filters=named)["Images"][0]["ImageId"]
        return image


_ONCE = {"total_max_attempts": 1}  # a server that stumbles is to be seen, not asked again
