"""The only door to other programs: command logged, minimal environment, a missing program is a helpful sentence."""

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn

import structlog

from kumoniwa.debian import package_with
from kumoniwa.refusal import Refusal, sentence

log = structlog.get_logger(__name__)

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENT = {"PATH": _PATH, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
MOST_BYTES = 64 * 1024 * 1024
"""Of a program's standard output that is given back whole: a guest may be what speaks, through ssh."""
_MOST_KEPT = 1_000_000  # characters of what is kept of output that is read by the line, and of a line
_CHUNK = 65536
_SEE_HOST = "kumoniwa doctor says what this host lacks; that command, run in a terminal, may say more."


class ProgramMissing(Refusal):
    """The host lacks a program. The way out says which Debian package brings it."""

    def __init__(self, program: str) -> None:
        way_out = f"On Debian: sudo apt-get install {package_with(program)}"
        super().__init__(f"{program} is not installed.", way_out=way_out)
        self.program = program


class ProgramFailed(Refusal):
    """A program ended with an error. Holds the command, its exit status and the end of what it wrote to stderr."""

    def __init__(self, argv: Sequence[str], status: int, stderr: str) -> None:
        said = stderr.strip()[-2000:] or "it said nothing"
        super().__init__(sentence(f"{shlex.join(argv)} ended with status {status}: {said}"), way_out=_SEE_HOST)
        self.status = status
        self.stderr = stderr


def find(program: str) -> str:
    """Where a program is; `ProgramMissing` where it is not."""
    if (found := shutil.which(program, path=_PATH)) is None:
        raise ProgramMissing(program)
    return found


async def run(
    argv: Sequence[str],
    *,
    timeout: float,
    cwd: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    on_output: Callable[[str], None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a program to its end and give its standard output.

    `timeout` in seconds; a program that takes longer is killed, with its children, and `TimeoutError` raised.
    `on_line` is called with each line of standard error as it comes (carriage returns end lines too: progress);
    `on_output` with each of standard output, of which then only the end is given back.
    `environment` is added to the minimal one.
    Raises `ProgramMissing`, `ProgramFailed`; this also for a program that writes more than `MOST_BYTES`.
    """
    command = [find(argv[0]), *argv[1:]]
    log.debug("run", command=shlex.join(command), cwd=str(cwd) if cwd else None)
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**_ENVIRONMENT, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        async with asyncio.timeout(timeout):
            stdout, stderr, _ = await asyncio.gather(
                _whole(argv, process.stdout) if on_output is None else _lines(process.stdout, on_output),
                _lines(process.stderr, on_line),
                process.wait(),
            )
    except BaseException:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        # A process counts as ended when its pipes have too, and nobody reads them any more: they may be full.
        process._transport.close()  # type: ignore[attr-defined]
        await process.wait()
        raise
    if process.returncode != 0:
        raise ProgramFailed(argv, process.returncode or 0, stderr)
    return stdout


@contextlib.asynccontextmanager
async def child(
    argv: Sequence[str], *, output: IO[bytes], grace: float, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that runs as long as the block, then is asked to end, and killed when that takes longer than `grace`.

    Both its outputs go to `output`; `environment` is added to the minimal one. Raises `ProgramMissing`.
    """
    command = [find(argv[0]), *argv[1:]]
    log.debug("start", command=shlex.join(command))
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**_ENVIRONMENT, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,  # Ctrl-C reaches us alone: we end it in order
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(grace):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def replace_with(argv: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Become that program, on this terminal, with that environment and no more. Raises `ProgramMissing`."""
    os.execve(find(argv[0]), list(argv), dict(environment))


def start_detached(
    argv: Sequence[str],
    *,
    cwd: Path,
    output: IO[bytes],
    pass_fds: Collection[int] = (),
    environment: Mapping[str, str] | None = None,
) -> int:
    """Start a program in a session of its own, so that it outlives us; gives its process id.

    Both its outputs go to `output`; of our open files it inherits `pass_fds`, under the same numbers. `environment` is
    added to the minimal one.
    The caller keeps the identity to find it again, and calls `reap` when it has ended. Returns once the program runs.
    """
    command = [find(argv[0]), *argv[1:]]
    log.debug("start", command=shlex.join(command), cwd=str(cwd))
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**_ENVIRONMENT, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=tuple(pass_fds),
    )
    process.returncode = 0  # it is not ours to end: without this its destructor warns that the program still runs
    return process.pid


def reap(pid: int) -> int | None:
    """Collect a program of `start_detached` that has ended, so that no zombie stays.

    Gives its exit status, negative for a signal; None when it has not ended, or an earlier server was its parent.
    """
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None
    return os.waitstatus_to_exitcode(status) if ended else None


async def _whole(argv: Sequence[str], stream: asyncio.StreamReader) -> str:
    said = bytearray()
    while chunk := await stream.read(_CHUNK):
        said += chunk
        if len(said) > MOST_BYTES:
            raise ProgramFailed(argv, 0, f"it wrote more than {MOST_BYTES} bytes")
    return said.decode(errors="replace")


async def _lines(stream: asyncio.StreamReader, on_line: Callable[[str], None] | None) -> str:
    """Read a stream to its end, telling of each line; gives the whole."""
    text = ""
    tail = ""
    while chunk := await stream.read(_CHUNK):
        piece = chunk.decode(errors="replace")
        text = (text + piece)[-_MOST_KEPT:]
        if on_line is not None:
            *whole, tail = (tail + piece).replace("\r", "\n").split("\n")
            tail = tail[-_MOST_KEPT:]
            for line in whole:
                on_line(line)
    return text
