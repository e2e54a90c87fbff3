"""`kumoniwa serve --driver simulated`, begun a few milliseconds after it is asked for: a test may have one of its own.

This process imports all that a server needs, and reads what every server has alike. For each folder that it is given
on a line of its standard input it becomes two; the new one runs a server over that folder, and says so on standard
output: a line of JSON with `endpoint` and `pid`. They end with this process, and this one with its standard input.
"""

import ctypes
import gc
import json
import os
import signal
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NoReturn

from quick_database import unsynced

from kumoniwa.api.registry import ACTIONS
from kumoniwa.app import serve
from kumoniwa.config import Config, models_dir
from kumoniwa.console import static_files
from kumoniwa.folder import owned
from kumoniwa.gateway import services
from kumoniwa.logs import log_facts

_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG, linux/prctl.h


def main() -> None:
    """Serve until nobody asks any more."""
    _be_ready()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a server ended
    for line in sys.stdin:
        if os.fork() == 0:
            _serve(Path(line.strip()))


def _be_ready() -> None:
    for module, name in (
        (services, "ec2_codec"),
        (services, "json_codec"),
        (services, "query_codec"),
        (static_files, "static_files"),
    ):
        setattr(module, name, cache(getattr(module, name)))
    services.services(defaultdict(dict), kept_in=models_dir())
    for of_service in ACTIONS.values():
        for action in of_service:
            of_service[action]
    gc.freeze()


def _serve(folder: Path) -> NoReturn:
    ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.close(0)
    log = os.open(folder / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    log_facts()
    config = Config(data_dir=folder / "cloud", port=0, driver="simulated", host_filter=False)
    with owned(config.data_dir), unsynced():
        serve.run(config, on_listening=lambda endpoint: _tell(endpoint, os.getpid()))
    os._exit(0)


def _tell(endpoint: str, pid: int) -> None:
    print(json.dumps({"endpoint": endpoint, "pid": pid}), flush=True)


if __name__ == "__main__":
    main()
