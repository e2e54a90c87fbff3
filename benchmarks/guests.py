"""The benchmarks of real guests, as parts of the one that settles arguments: each is a program of its own."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from progress import Progress

_SCRIPTS = ("boot", "storage", "idle")


def measure_guests(folder: Path, progress: Progress) -> None:
    """Run each of them; its figures become a file of its name in the folder. What it prints goes to standard error.

    Raises `RuntimeError` where one of them fails. An interruption ends it as itself would: without a guest left behind.
    """
    for name in _SCRIPTS:
        progress.say(f"real guests: benchmarks/{name}.py")
        command = [sys.executable, str(Path(__file__).with_name(f"{name}.py")), "--json", str(folder / f"{name}.json")]
        with subprocess.Popen(command, stdout=sys.stderr, start_new_session=True) as process:
            try:
                status = process.wait()
            except KeyboardInterrupt:
                process.send_signal(signal.SIGINT)
                process.wait()
                raise
        if status != 0:
            raise RuntimeError(f"benchmarks/{name}.py failed")


def read_guests(folder: Path) -> dict[str, Any]:
    """What this run or an earlier one measured, by script."""
    files = ((name, folder / f"{name}.json") for name in _SCRIPTS)
    return {name: json.loads(file.read_text()) for name, file in files if file.exists()}
