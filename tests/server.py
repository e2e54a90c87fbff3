"""A server as a process of its own, which a test starts, watches through its log, kills and starts again."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import monitor_tap

from kumoniwa.client.access import find_cloud
from kumoniwa.client.cloud import CloudClient
from kumoniwa.folder import processes_of


class Server:
    """One data folder, and the server process on it. `end` leaves no process of either."""

    def __init__(
        self, data_dir: Path, driver: str, logs: Path, *, options: Sequence[str] = (), run_as: Sequence[str] = ()
    ) -> None:
        """`logs`: the folder for its log and what it says to the monitors of its guests. `options` are of `serve`;
        `run_as` is a command that runs what follows it."""
        self.data_dir = data_dir
        self._logs = logs
        self._driver = driver
        self._options = options
        self._run_as = run_as
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> CloudClient:
        """Start the server and wait until it answers."""
        options = ["--data-dir", str(self.data_dir), "--port", "0", "--driver", self._driver, *self._options]
        process = subprocess.Popen(
            [*self._run_as, sys.executable, monitor_tap.__file__, str(self._logs / "monitor.log"), "serve", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._process = process
        self._lines = queue.Queue()
        threading.Thread(target=self._read, args=(process,), daemon=True).start()
        self.wait_for(lambda line: line.get("event") == "listening", 60)
        return CloudClient(find_cloud(self.data_dir))

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:
        """The next line of the log that is wanted."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                break
            if wanted(line):
                return line
        raise TimeoutError(f"the server did not log what was waited for within {seconds} s")

    def forget_log(self) -> None:
        """What was logged until now is not waited for any more."""
        while not self._lines.empty():
            self._lines.get_nowait()

    def kill(self) -> None:
        """`kill -9`, this instant."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> None:
        """End it in order, and wait until it has ended."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(60)

    def end(self) -> None:
        """End the server and every guest of its folder."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        for pid in processes_of(self.data_dir):
            with suppress(ProcessLookupError):  # one that ended with another
                os.kill(pid, signal.SIGKILL)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr, (self._logs / "server.log").open("a") as log:
            for line in process.stderr:
                log.write(line)
                log.flush()
                try:
                    self._lines.put(json.loads(line))
                except ValueError:
                    self._lines.put({"event": "not JSON", "text": line})
