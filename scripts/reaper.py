"""Run a program and end as it does, having waited for all that it left behind while it ran.

Guests and browsers outlive who started them, and belong to nobody then: what they used of the processor would not be
counted. Here they are this process's, which waits for them, and whoever waits for it is told what all of them used.

python reaper.py PROGRAM ARGUMENT …
"""

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def main(argv: list[str]) -> int:
    """Gives the program's exit status, or 128 and the number of the signal that ended it."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this process cannot adopt others")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # it is for the program, which has heard it too, or is told
    started = subprocess.Popen(argv)
    while True:
        pid, status = os.wait()
        if pid == started.pid:
            break
    with suppress(ChildProcessError):  # there are none
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    started.returncode = os.waitstatus_to_exitcode(status)
    return started.returncode if started.returncode >= 0 else 128 - started.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
