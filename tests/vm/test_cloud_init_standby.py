"""The guest's cloud-init that is loaded before its memory is saved: stages are run by it as by their units."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import PATIENCE

_STAGE = """
import os, random, sys, time
if "end" in sys.argv: os.kill(os.getpid(), 9)
if "wait" in sys.argv: print("waits", flush=True); time.sleep(600)
print(sys.argv[1:], os.environ.get("ASKED"), os.getcwd(), random.random(), flush=True)
print("to the log", file=sys.stderr)
sys.exit("it failed" if "fail" in sys.argv else int(os.environ.get("STATUS", 0)))
"""
_STANDBY = """
import sys
from pathlib import Path
from kumoniwa.guest_image.launch_from_memory import standby
import random
listening = standby.opened(Path(sys.argv[1]))
print("ready", flush=True)
standby.serve(listening, sys.argv[2])
print("ended", flush=True)
"""
_ASK = """
import sys
from kumoniwa.guest_image.launch_from_memory import stage
stage.SOCKET, stage.CLOUD_INIT = sys.argv[1].lstrip("/"), sys.argv[2]
del sys.argv[1:3]
sys.exit(stage.main())
"""
_WITHIN = 20 * PATIENCE  # seconds


class Standby:
    """What stands by, and who asks it."""

    def __init__(self, root: Path) -> None:
        (root / "run").mkdir()
        self.program = root / "program"
        self.program.write_text(f"#!{sys.executable}\n{_STAGE}")
        self.program.chmod(0o755)
        self.socket = root / "run/launch-from-memory/cloud-init"
        argv = [sys.executable, "-c", _STANDBY, str(root), str(self.program)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def asked(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", _ASK, str(self.socket), str(self.program), *arguments],
            cwd="/",
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        process = self.asked(*arguments, **environment)
        said, complained = process.communicate(timeout=_WITHIN)
        return process.returncode, said, complained


@pytest.fixture
def standby() -> Iterator[Standby]:
    with tempfile.TemporaryDirectory() as folder:  # the names of sockets are short
        standby = Standby(Path(folder))
        yield standby
        standby.process.kill()
        standby.process.communicate()


def test_a_stage_is_run_with_what_its_unit_has(standby: Standby) -> None:
    status, said, complained = standby.run("modules", "--mode=config", ASKED="so", STATUS="7")
    assert (status, complained) == (7, "to the log\n")
    assert said.startswith("['modules', '--mode=config'] so / 0.")


def test_stages_draw_other_random_numbers_than_each_other(standby: Standby) -> None:
    (_, one, _), (_, other, _) = standby.run("init"), standby.run("init")
    assert one != other


def test_how_a_stage_ends_is_how_its_unit_does(standby: Standby) -> None:
    assert standby.run("fail")[::2] == (1, "to the log\nit failed\n")
    assert standby.run("end")[0] == 128 + signal.SIGKILL
    assert standby.run("init")[0] == 0


def test_a_stage_whose_unit_is_stopped_is_ended(standby: Standby) -> None:
    asking = standby.asked("wait")
    assert asking.stdout is not None
    assert asking.stdout.readline() == "waits\n"
    asking.kill()
    assert asking.stdout.read() == "", "the stage had it open, and has ended"
    assert standby.run("init")[0] == 0
    asking.communicate()


def test_after_the_last_stage_nobody_stands_by_and_stages_run_themselves(standby: Standby) -> None:
    assert standby.run("modules", "--mode=final")[0] == 0
    assert standby.process.communicate(timeout=_WITHIN)[0] == "ended\n"
    status, said, _ = standby.run("init", ASKED="again", STATUS="3")
    assert status == 3
    assert said.startswith("['init'] again / ")


def test_who_stands_by_is_asked_by_its_user_alone(standby: Standby) -> None:
    assert standby.socket.stat().st_mode & 0o777 == 0o600
