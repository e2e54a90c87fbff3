"""The AWS CLI and SSH as a user has them: each command is shown, then run, then its answer is shown."""

import asyncio
import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from kumoniwa.client.access import Access, CommandFailed
from kumoniwa.client.ssh import ssh_command
from kumoniwa.lab.narration import Narrator
from kumoniwa.run import ProgramFailed, run
from kumoniwa.values import dataclass

_AWS_DEADLINE = 120.0
_SSH_DEADLINE = 300.0
_SSH_LOST = 255  # ssh's own status when the connection, not the command, failed
_BETWEEN_TRIES = 1.0
_REFUSAL = re.compile(
    r"An error occurred \((?P<code>[^)]+)\) when calling the \w+ operation(?: \([^)]*\))?: (?P<text>.*)", re.S
)
_SSH_OPTIONS = {
    "StrictHostKeyChecking": "no",
    "UserKnownHostsFile": "/dev/null",
    "BatchMode": "yes",
    "LogLevel": "ERROR",
    "ConnectTimeout": "10",
    "ServerAliveInterval": "5",
}


class LabFailed(CommandFailed):
    """The experiment could not go on. The text says at what."""

    def __init__(self, what: str, *, way_out: str = "With --keep the cloud runs on, to look into it.") -> None:
        super().__init__(what, way_out=way_out)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the AWS CLI says when the cloud refuses."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed, and the status it ended with."""

    status: int
    output: str
    error: str

    @property
    def refusal(self) -> Refusal | None:
        return read_refusal(self.error) if self.status else None


@dataclass(frozen=True, slots=True)
class Login:
    """Where and as whom SSH logs in."""

    host: str
    port: int
    key: Path
    user: str = "admin"


class Shell:
    """Runs commands in one folder against one cloud."""

    def __init__(self, access: Access, folder: Path, narrator: Narrator) -> None:
        self._folder = folder
        self._narrator = narrator
        self._aws = Path(sys.prefix) / "bin" / "aws"
        self._environment = {
            **access.environment(),
            "HOME": str(folder),  # the user's own AWS configuration has no say here
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_PAGER": "",
        }
        if not self._aws.exists():
            raise LabFailed(
                f"The AWS CLI is not in this Python environment ({self._aws}).",
                way_out="In a checkout scripts/install adds it; with pipx: pipx inject kumoniwa awscli",
            )

    async def aws(self, command: str) -> Answer:
        """Run the AWS CLI with a command as it is typed (`ec2 stop-instances …`), whatever it answers."""
        argv = shlex.split(command)
        self._narrator.command(["aws", *argv])
        answer = await self._run([str(self._aws), *argv], _AWS_DEADLINE)
        self._narrator.answer(answer.error if answer.status else answer.output)
        return answer

    async def aws_text(self, command: str) -> str:
        """Run the AWS CLI and give what it answers; `LabFailed` where the cloud refuses."""
        return _output(command, await self.aws(command))

    async def aws_into_file(self, command: str, file: Path) -> None:
        """Run the AWS CLI and keep its answer in a file of the owner's alone: for secrets, which are not shown."""
        argv = shlex.split(command)
        self._narrator.command(["aws", *argv])
        output = _output(command, await self._run([str(self._aws), *argv], _AWS_DEADLINE))
        await asyncio.to_thread(_write_secret, file, output)
        self._narrator.remark(f"kept in {file.name}")

    async def ssh(self, login: Login, command: str) -> Answer:
        """Run a command in a guest, whatever it answers."""
        shown = ["ssh", "-i", login.key.name, *([] if login.port == 22 else ["-p", str(login.port)])]
        self._narrator.command([*shown, f"{login.user}@{login.host}", command])
        answer = await self._ssh(login, command)
        self._narrator.answer(answer.error if answer.status else answer.output)
        return answer

    async def ssh_text(self, login: Login, command: str) -> str:
        """Run a command in a guest and give what it prints; `LabFailed` where it fails."""
        answer = await self.ssh(login, command)
        if answer.status:
            raise LabFailed(f"In the guest, {command!r} ended with status {answer.status}: {answer.error.strip()}")
        return answer.output.strip()

    async def until_booted(self, login: Login, *, not_boot: str | None, within: float) -> str:
        """Wait until SSH answers in another boot than `not_boot`; gives its boot id. `LabFailed` where none does."""
        last = "nothing answered"
        try:
            async with asyncio.timeout(within):
                while True:
                    answer = await self._ssh(login, "cat /proc/sys/kernel/random/boot_id")
                    boot_id = answer.output.strip()
                    if answer.status == 0 and boot_id != not_boot:
                        return boot_id
                    last = answer.error.strip() or f"still in boot {boot_id}"
                    await asyncio.sleep(_BETWEEN_TRIES)  # nothing outside the guest tells when its sshd is there
        except TimeoutError:
            place = f"{login.user}@{login.host} port {login.port}"
            raise LabFailed(f"SSH to {place} did not answer within {within:.0f} s: {last}") from None

    async def quietly(self, login: Login, command: str) -> Answer:
        """As `ssh`, without showing it: for what is asked again and again."""
        return await self._ssh(login, command)

    async def _ssh(self, login: Login, command: str) -> Answer:
        argv = ssh_command((login.host, login.port), user=login.user, key=login.key, options=_SSH_OPTIONS)
        return await self._run([*argv, command], _SSH_DEADLINE)

    async def _run(self, argv: Sequence[str], deadline: float) -> Answer:
        try:
            output = await run(argv, timeout=deadline, cwd=self._folder, environment=self._environment)
        except ProgramFailed as failed:
            return Answer(failed.status, "", failed.stderr)
        except TimeoutError:
            return Answer(_SSH_LOST, "", f"no answer within {deadline:.0f} s")
        return Answer(0, output, "")


def read_refusal(error: str) -> Refusal | None:
    """The code and message in what the AWS CLI wrote to standard error; None where it says something else."""
    if (found := _REFUSAL.search(error)) is None:
        return None
    return Refusal(found["code"], found["text"].strip())


def _output(command: str, answer: Answer) -> str:
    if answer.status:
        raise LabFailed(f"aws {command} failed: {answer.error.strip()}")
    return answer.output.strip()


def _write_secret(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(text)
