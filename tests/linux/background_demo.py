"""The experiment, beside the other tests: a program of its own, which mostly waits for its guests."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from processor_time import BESIDE

from kumoniwa.folder import processes_of

_PROGRAM = Path(__file__).parent / "kept_demo.py"


class Demo:
    """`kumoniwa demo` in a folder, from the start on. `end` leaves no process of it."""

    def __init__(self, folder: Path) -> None:
        self.evidence_folder = folder
        self.verdicts, self._log = folder / "verdicts.json", folder / "log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(_PROGRAM), str(folder / "demo"), "--json", str(self.verdicts)],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._folder = folder
        BESIDE.add(self._process.pid)

    def status(self, *, within: float) -> int:
        """How it ended, once it has. Raises `TimeoutExpired`."""
        status = self._process.wait(within)
        BESIDE.discard(self._process.pid)
        return status

    def said(self) -> str:
        """The end of what it told a person."""
        return self._log.read_text()[-5000:]

    def end(self) -> None:
        """Nothing of it runs any more."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
        BESIDE.discard(self._process.pid)
        for pid in processes_of(self._folder):
            with suppress(ProcessLookupError):  # one that ended with another
                os.kill(pid, signal.SIGKILL)
