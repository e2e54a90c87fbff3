"""Commands in the namespace of a network of this host, for tests that look into it."""

import subprocess
import sys

_ENTER = """
import os, sys
from kumoniwa.network.vpc.host import namespaces
namespaces.enter(os.open(sys.argv[1], os.O_RDONLY))
os.execvp(sys.argv[2], sys.argv[2:])
"""


def run(keeper: int, command: str) -> str:
    """What a command says there. `keeper`: the inner process of the network's keeper."""
    argv = [sys.executable, "-c", _ENTER, f"/proc/{keeper}/ns/net", *command.split()]
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout
