"""Programs that run as long as their keeper, and are started again where they end. For a process of one thread."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kumoniwa.network.vpc.host.namespaces import end_with_parent

_AGAIN_AFTER = 1.0  # seconds from a program's start to its next one, at least
_AGAIN_AFTER_MOST = 30.0  # seconds, where it ends again and again
_RAN = 10.0  # seconds; a program that ended sooner did not get on
_TERMINATED_WITHIN = 5.0
MOST_FILES = 4096
"""Open files of a program: a guest opens one for each connection that it makes, with up to 256 KiB of memory each."""
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}

Tell = Callable[[Mapping[str, object]], None]


@dataclass
class _Program:
    """A program that is kept."""

    name: str
    argv: Sequence[str]
    starts: int = 0
    again_after: float = _AGAIN_AFTER
    started_at: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    ended: int = -1
    """The file that is readable once it has ended; -1: it does not run."""
    ready: int = -1
    """The file on which it says that it is ready; -1: it has, or does not say so."""
    exit: list[int] = field(default_factory=list)
    """The files at whose closing it ends by itself."""


class Programs:
    """The programs of one keeper.

    In a command line `{ready}` stands for the number of a file to which the program writes when it is ready, and
    `{exit}` for one that ends the program when it is closed. `tell` hears of each start and end:
    `{"event": "ready" | "ended", "program": …, "starts": …}`; a program that does not say when it is ready, is at once.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._programs: dict[str, _Program] = {}

    def keep(self, name: str, argv: Sequence[str]) -> bool:
        """Afterwards a program of this command line runs under this name. False: it did, and was left alone."""
        known = self._programs.get(name)
        if known is not None and known.argv == argv:
            self._say("ready", known)
            return False
        if known is not None:
            self.end(name)
        self._programs[name] = program = _Program(name, argv)
        self._start(program)
        return True

    def end(self, name: str) -> None:
        """Afterwards no program of this name runs."""
        if (program := self._programs.pop(name, None)) is not None:
            self._close(program)
            if program.process is not None:
                program.process.terminate()
                try:
                    program.process.wait(_TERMINATED_WITHIN)
                except subprocess.TimeoutExpired:
                    program.process.kill()
                    program.process.wait()

    def signal(self, name: str, number: int) -> None:
        """Send it a signal, if it runs."""
        if (program := self._programs.get(name)) is not None and program.process is not None:
            program.process.send_signal(number)

    def end_all(self) -> None:
        """Afterwards none runs."""
        for name in list(self._programs):
            self.end(name)

    def files(self) -> dict[int, Callable[[], None]]:
        """What is to be waited for, and what is to be called when it is readable."""
        found: dict[int, Callable[[], None]] = {}
        for program in self._programs.values():
            if program.ended >= 0:
                found[program.ended] = lambda program=program: self._has_ended(program)  # type: ignore[misc]
            if program.ready >= 0:
                found[program.ready] = lambda program=program: self._is_ready(program)  # type: ignore[misc]
        return found

    def start_due(self) -> float | None:
        """Start again what is due; gives in how many seconds the next one is, None where all run."""
        waits = [wait for program in self._programs.values() if (wait := self._wait(program)) is not None]
        return min(waits, default=None)

    def _wait(self, program: _Program) -> float | None:
        if program.process is not None:
            return None
        wait = program.started_at + program.again_after - time.monotonic()
        if wait <= 0:
            self._start(program)
            return None if program.process is not None else program.again_after
        return wait

    def _start(self, program: _Program) -> None:
        program.started_at, program.starts = time.monotonic(), program.starts + 1
        ready, says_ready = os.pipe2(os.O_CLOEXEC)
        ends, exit = os.pipe2(os.O_CLOEXEC)
        numbers = {"{ready}": str(says_ready), "{exit}": str(ends)}
        argv = [_with(word, numbers) for word in program.argv]
        try:
            program.process = subprocess.Popen(
                argv,
                env={**_ENVIRONMENT, "PWD": str(Path.cwd())},  # where it may leave by itself: so it says whose it is
                stdin=subprocess.DEVNULL,
                pass_fds=(says_ready, ends),
                preexec_fn=_begin,  # safe: this process has one thread
            )
        except OSError as failure:
            program.again_after = min(2 * program.again_after, _AGAIN_AFTER_MOST)
            for one in (ready, exit):
                os.close(one)
            self._tell({"event": "ended", "program": program.name, "starts": program.starts, "why": str(failure)})
            return
        finally:
            for one in (says_ready, ends):
                os.close(one)
        program.ended = os.pidfd_open(program.process.pid)
        program.exit.append(exit)
        if "{ready}" in "".join(program.argv):
            program.ready = ready
        else:
            os.close(ready)
            self._say("ready", program)

    def _is_ready(self, program: _Program) -> None:
        if program.ready < 0:  # it has ended since
            return
        said = os.read(program.ready, 64)
        os.close(program.ready)
        program.ready = -1
        if said:
            self._say("ready", program)

    def _has_ended(self, program: _Program) -> None:
        if program.process is None:
            return
        status = program.process.wait()
        ran = time.monotonic() - program.started_at > _RAN
        program.again_after = _AGAIN_AFTER if ran else min(2 * program.again_after, _AGAIN_AFTER_MOST)
        self._close(program)
        program.process = None
        why = f"status {status}"
        self._tell({"event": "ended", "program": program.name, "starts": program.starts, "why": why})

    def _close(self, program: _Program) -> None:
        for one in (program.ended, program.ready, *program.exit):
            if one >= 0:
                os.close(one)
        program.ended = program.ready = -1
        program.exit.clear()

    def _say(self, event: str, program: _Program) -> None:
        self._tell({"event": event, "program": program.name, "starts": program.starts})


def _with(word: str, numbers: Mapping[str, str]) -> str:
    for placeholder, number in numbers.items():
        word = word.replace(placeholder, number)
    return word


def _begin() -> None:
    """In the program's process, before it is the program."""
    end_with_parent(signal.SIGKILL)
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until it has another use for it: what it is to read, it reads then
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
