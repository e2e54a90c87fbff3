"""A stage of cloud-init as its unit starts it: the process that stands by runs it (`standby.py`), else this one does.

Loads next to nothing: its start is all that the unit waits for.
"""

import _socket
import os
import sys

CLOUD_INIT = "/usr/bin/cloud-init"
SOCKET = "run/launch-from-memory/cloud-init"
DONE = b"status "
LAST = ("modules", "--mode=final")


def main() -> int:
    """Gives the exit status of the stage."""
    arguments = sys.argv[1:]
    way = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        way.connect(f"/{SOCKET}")
    except OSError:
        os.execv(CLOUD_INIT, [CLOUD_INIT, *arguments])
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    way.sendmsg([os.fsencode("\0".join(arguments))], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    said = b""
    while part := way.recv(64):
        said += part
    return said[-1] if said.startswith(DONE) and len(said) > len(DONE) else 1


if __name__ == "__main__":
    sys.exit(main())
