"""The server behind the tests of one process: one for each driver, started when it is first wanted.

It ends with this process, also one that is killed: it watches it. A process that is forked from this one has its own.
"""

import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection, HTTPException
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from kumoniwa.refusal import Refusal

_START_DEADLINE = 60.0
_ANSWER_DEADLINE = 120.0  # seconds; real guests are ended before a cloud is begun anew
_STOP_GRACE = 30.0
_TAIL = 4000  # characters of the log that are shown


class CannotBeHad(Refusal):
    """The cloud of a test could not be started, or does not answer any more."""


class ServerProcess:
    """One server for tests. It is being started once this is made; `ready` waits for it."""

    def __init__(self, driver: str) -> None:
        self.driver = driver
        self._log: IO[bytes] = tempfile.TemporaryFile(prefix="kumoniwa-log-")  # noqa: SIM115 -- it lives as long as we
        self._process = subprocess.Popen(
            # -P: what lies in the folder where the tests run does not shadow anybody's modules.
            [sys.executable, "-P", "-m", "kumoniwa", "serve", "--ephemeral", "--driver", driver],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is for the tests; it ends when they have
        )
        self._ready: dict[str, Any] | None = None

    @property
    def ready(self) -> dict[str, Any]:
        """What the server said when it listened: endpoint, keys, region. Raises `CannotBeHad`."""
        if self._ready is None:
            self._ready = self._first_line()
        return self._ready

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def ask(self, path: str, **given: object) -> dict[str, Any]:
        """Ask for one of the routes that only such servers have: `ask("time", advance=60)`. Raises `CannotBeHad`."""
        address = urlsplit(self.ready["endpoint"])
        connection = HTTPConnection(address.hostname or "", address.port, timeout=_ANSWER_DEADLINE)
        try:
            headers = {"Authorization": f"Bearer {self.ready['control_token']}"}
            connection.request("POST", f"/_kumoniwa/{path}?{urlencode(given)}", headers=headers)
            answer = connection.getresponse()
            said: dict[str, Any] = json.loads(answer.read())
        except (OSError, HTTPException, ValueError) as failure:
            raise CannotBeHad(
                f"The cloud did not answer /_kumoniwa/{path}: {failure!r}.", way_out=self._see()
            ) from None
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(said["message"])
        return said

    def log_size(self) -> int:
        """Bytes that it has logged."""
        return os.fstat(self._log.fileno()).st_size

    def logged(self, since: int = 0) -> str:
        """What it has logged from there on."""
        size = self.log_size() - since
        return os.pread(self._log.fileno(), max(0, size), since).decode(errors="replace")

    def end(self) -> None:
        """End it in order, with everything that is in its cloud."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()

    def _first_line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        said, deadline = b"", time.monotonic() + _START_DEADLINE
        while b"\n" not in said:
            readable, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            read = os.read(self._process.stdout.fileno(), 65536) if readable else b""
            if not read:
                raise CannotBeHad("The cloud of these tests did not start.", way_out=self._see())
            said += read
        ready: dict[str, Any] = json.loads(said.partition(b"\n")[0])
        return ready

    def _see(self) -> str:
        return f"Its log ends so:\n{self.logged()[-_TAIL:]}"


_servers: dict[tuple[int, str], ServerProcess] = {}
_starting = threading.Lock()


def server_of(driver: str) -> ServerProcess:
    """The server of this process with this driver; started where there is none that runs, and not waited for."""
    key = (os.getpid(), driver)
    with _starting:
        if (known := _servers.get(key)) is None or not known.runs:
            if not _servers:
                atexit.register(end_all)
            _servers[key] = known = ServerProcess(driver)
        return known


def end_all() -> None:
    """End the servers of this process, and wait until they have."""
    with _starting:
        for key in [key for key in _servers if key[0] == os.getpid()]:
            _servers.pop(key).end()
