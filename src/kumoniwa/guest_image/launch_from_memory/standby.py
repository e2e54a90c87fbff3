"""cloud-init, loaded once before the memory is saved: cloud-init-standby.service.

Each of cloud-init's stages is a Python program, and loading it costs an emulated processor more than most of what it
does. Here one process has loaded it, and waits. A unit of cloud-init asks it for a stage (`stage.py`), and gets one
that runs as the unit's own: forked, in the unit's control group, with its standard streams, its environment and its
folder. Random numbers are drawn anew after a fork, by Python's `random` and by OpenSSL. Other programs that run
cloud-init, and all later boots, load it themselves.
"""

import atexit
import contextlib
import importlib
import os
import pkgutil
import runpy
import select
import signal
import socket
import struct
import sys
import traceback
from pathlib import Path

from .stage import CLOUD_INIT, DONE, LAST, SOCKET

_NEEDED = ("cloudinit.cmd.main", "cloudinit.distros.debian", "cloudinit.sources.DataSourceEc2")
_MODULES = "cloudinit.config"
_LONGEST_REQUEST = 65536  # bytes


def load() -> None:
    """Import what the stages will. What cannot be imported is left to the stage, which says so."""
    for name in _NEEDED:
        _imported(name)
    for module in pkgutil.iter_modules(getattr(sys.modules.get(_MODULES), "__path__", ())):
        _imported(f"{_MODULES}.{module.name}")


def _imported(name: str) -> None:
    with contextlib.suppress(Exception):
        importlib.import_module(name)


def opened(root: Path) -> socket.socket:
    """Where stages are asked for: by root alone."""
    path = root / SOCKET
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listening.bind(bytes(path))
    finally:
        os.umask(mask)
    listening.listen()
    return listening


def serve(listening: socket.socket, program: str = CLOUD_INIT) -> None:
    """Run stages, one after another, until the last one has ended."""
    while True:
        asking, _ = listening.accept()
        with asking:
            arguments, streams = _request_of(asking)
            stage = os.fork()
            if stage == 0:
                _become(asking, streams, [program, *arguments], listening)
            for stream in streams:
                os.close(stream)
            status = _watched(stage, asking)
            with contextlib.suppress(OSError):  # it has gone
                asking.sendall(DONE + bytes([status]))
        if arguments == list(LAST):
            return


def _request_of(asking: socket.socket) -> tuple[list[str], list[int]]:
    said, streams, _, _ = socket.recv_fds(asking, _LONGEST_REQUEST, 3)
    return said.decode(errors="surrogateescape").split("\0"), streams


def _watched(stage: int, asking: socket.socket) -> int:
    """Its exit status, as a shell counts. Where who asked has gone, because systemd ends the unit, the stage ends."""
    end = os.pidfd_open(stage)
    try:
        ready, _, _ = select.select([end, asking.fileno()], [], [])
        if end not in ready:
            signal.pidfd_send_signal(end, signal.SIGTERM)
        _, status = os.waitpid(stage, 0)
    finally:
        os.close(end)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _become(asking: socket.socket, streams: list[int], command: list[str], listening: socket.socket) -> None:
    """Be the program that was asked for; does not return."""
    status = 1
    try:
        listening.close()
        pid, _, _ = struct.unpack("3i", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        asking.close()
        who = Path(f"/proc/{pid}")
        _join(who)
        os.setsid()
        os.environb.clear()
        for setting in (who / "environ").read_bytes().split(b"\0"):
            name, equals, value = setting.partition(b"=")
            if equals:
                os.environb[name] = value
        os.chdir(who / "cwd")
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.argv = command
        status = _run(command[0])
    except BaseException:  # noqa: BLE001 -- it is a process of its own, and said; what stands by must not go on in it
        traceback.print_exc()
    finally:
        os._exit(status)


def _join(who: Path) -> None:
    """Go into its control group, so that the unit counts, limits and ends this process too."""
    theirs = (who / "cgroup").read_text()
    if theirs != Path("/proc/self/cgroup").read_text():
        _, _, group = theirs.rstrip("\n").rpartition("0::")
        Path(f"/sys/fs/cgroup{group}/cgroup.procs").write_text(str(os.getpid()))


def _run(program: str) -> int:
    try:
        runpy.run_path(program, run_name="__main__")
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status & 255
