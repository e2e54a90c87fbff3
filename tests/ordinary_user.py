"""Commands as a user without any privilege, for tests that run as root.

They run in a mount namespace of their own, of which the host sees nothing: what the user is to open may be root's alone
on this machine, /dev/net/tun and the folder of the checkout among it.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from kumoniwa.folder import processes_of

USER = "nobody"
CHECKOUT = Path(__file__).parents[1]
_TO_END = 60.0  # seconds in which tests that were interrupted clean up
_EVIDENCE = "build/evidence"
_TUN = "mount -t tmpfs none /dev/net && mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun"
_BECOME = 'exec setpriv --reuid "$0" --regid "$1" --clear-groups --inh-caps=-all --bounding-set=-all "${@:2}"'


def command(argv: Sequence[str], environment: Mapping[str, str], *, sees: Sequence[Path] = ()) -> list[str]:
    """The command that runs another as this user, with a usable /dev/net/tun. It sees the checkout, and the folders
    `sees`, whatever they are in."""
    user = pwd.getpwnam(USER)
    told = [f"{name}={value}" for name, value in environment.items()]
    steps = [*_shown([CHECKOUT, *sees]), _TUN, _BECOME]
    prepared = ["bash", "-c", " && ".join(steps), str(user.pw_uid), str(user.pw_gid)]
    return ["unshare", "--mount", *prepared, "env", *told, *argv]


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder of that user's, as long as the block lasts; pytest's own are root's alone."""
    made = Path(tempfile.mkdtemp(prefix="kumoniwa-user-"))
    try:
        give(made)
        yield made
    finally:
        shutil.rmtree(made)


def run_tests(
    tests: Path,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    sees: Sequence[Path] = (),
    options: Sequence[str] = (),
    within: float = 240.0,
) -> None:
    """Run a file of tests as this user, in a folder of its own: all of them pass. Skips where there is no way to.

    `options` are pytest's. After `within` seconds the tests are interrupted, and nothing of them is left.
    """
    if os.geteuid() != 0:
        pytest.skip("this user is one: the tests themselves show it")
    told = {
        "HOME": str(folder),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
        "PYTHONDONTWRITEBYTECODE": "1",
        **(environment or {}),
    }
    can_read = [sys.executable, "-c", "import kumoniwa"]
    tried = subprocess.run(command(can_read, told, sees=sees), capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"{USER} cannot run this: {tried.stderr.strip()[-300:]}")
    argv = [sys.executable, "-m", "pytest", "-q", str(tests), f"--basetemp={folder}/t", "-p", "no:cacheprovider"]
    argv += [*options, "-c", str(CHECKOUT / "pyproject.toml"), f"--rootdir={folder}"]  # where evidence can be written
    said = folder / "said"  # a file: a process that was left behind would keep a pipe open
    with said.open("w") as output:
        running = subprocess.Popen(command(argv, told, sees=sees), stdout=output, stderr=output, cwd=CHECKOUT)
    try:
        with suppress(subprocess.TimeoutExpired):
            running.wait(within)
    finally:
        _end(running, folder)
    if (found := folder / _EVIDENCE).exists():
        shutil.copytree(found, CHECKOUT / _EVIDENCE, dirs_exist_ok=True)
    assert running.returncode == 0, said.read_text()[-4000:]
    assert " skipped" not in said.read_text(), said.read_text()[-1000:]


def _end(running: subprocess.Popen[bytes], folder: Path) -> None:
    if running.poll() is None:
        running.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            running.wait(_TO_END)
    for pid in processes_of(folder):
        with suppress(ProcessLookupError):  # it ended with another
            os.kill(pid, signal.SIGKILL)
    running.wait()


def give(folder: Path) -> None:
    """The folder is this user's."""
    user = pwd.getpwnam(USER)
    os.chown(folder, user.pw_uid, user.pw_gid)


def _shown(paths: Sequence[Path]) -> list[str]:
    """What makes these folders reachable: what is closed to others above them is covered by an empty folder, in which
    there is nothing but what is to be seen."""
    closed = {path: _first_closed(path) for path in paths}
    hidden = [path for path in paths if closed[path] is not None]
    return [
        *(f'exec {{file{number}}}< "{path}"' for number, path in enumerate(hidden)),
        *(f'mount -t tmpfs -o mode=755 none "{each}"' for each in sorted({str(closed[path]) for path in hidden})),
        *(f'mkdir -p "{path}"' for path in hidden),
        *(
            f'mount --no-canonicalize --bind "/proc/self/fd/$file{number}" "{path}"'
            for number, path in enumerate(hidden)
        ),
        *(f"exec {{file{number}}}<&-" for number, _ in enumerate(hidden)),
    ]


def _first_closed(path: Path) -> Path | None:
    """The outermost folder around this one that others cannot pass through."""
    return next((each for each in reversed(path.parents) if not each.stat().st_mode & stat.S_IXOTH), None)
