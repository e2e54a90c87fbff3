"""Runs a program in the network namespace of a process, over which it rules: in_network.py PID COMMAND [WORD ...]"""

import os
import sys
from pathlib import Path

from kumoniwa.network.vpc.host import namespaces

if __name__ == "__main__":
    pid, *command = sys.argv[1:]
    network = os.open(Path("/proc", pid, "ns", "net"), os.O_RDONLY | os.O_CLOEXEC)
    namespaces.enter(network)
    os.execvp(command[0], command)
